// Command migrate brings the database of DATABASE_URL to the newest of the migrations in it.
//
//	migrate up      applies what is missing, each in a transaction of its own
//	migrate down    takes the newest one back
//	migrate status  ends with 0 where nothing is missing; it only reads
package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"example.com/shop/migrations"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// One run at a time: any number, the same in every run.
const lockKey = 7_300_151

const createHistory = `create table if not exists go_migrations (
  name text primary key,
  applied_at timestamptz not null default now()
)`

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	command := "up"
	if len(os.Args) > 1 {
		command = os.Args[1]
	}
	if err := run(ctx, command); err != nil {
		// The last lines of the log are what `pulumi up` prints.
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, command string) error {
	conn, err := pgx.Connect(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		return err
	}
	defer conn.Close(context.Background())
	switch command {
	case "up":
		return up(ctx, conn)
	case "down":
		return down(ctx, conn)
	case "status":
		return status(ctx, conn)
	default:
		return fmt.Errorf("unknown command %q: up, down or status", command)
	}
}

func up(ctx context.Context, conn *pgx.Conn) error {
	if _, err := conn.Exec(ctx, "select pg_advisory_lock($1)", lockKey); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, createHistory); err != nil {
		return err
	}
	applied, err := history(ctx, conn)
	if err != nil {
		return err
	}
	for _, name := range names() {
		if applied[name] {
			continue
		}
		if err := apply(ctx, conn, name+".sql", "insert into go_migrations (name) values ($1)", name); err != nil {
			return err
		}
		fmt.Println("applied", name)
	}
	return nil
}

func down(ctx context.Context, conn *pgx.Conn) error {
	if _, err := conn.Exec(ctx, "select pg_advisory_lock($1)", lockKey); err != nil {
		return err
	}
	var name string
	err := conn.QueryRow(ctx, "select name from go_migrations order by name desc limit 1").Scan(&name)
	if err != nil {
		return fmt.Errorf("nothing to take back: %w", err)
	}
	if err := apply(ctx, conn, name+".down.sql", "delete from go_migrations where name = $1", name); err != nil {
		return err
	}
	fmt.Println("took back", name)
	return nil
}

func status(ctx context.Context, conn *pgx.Conn) error {
	applied, err := history(ctx, conn)
	if err != nil {
		return err
	}
	for _, name := range names() {
		if !applied[name] {
			return fmt.Errorf("waiting for %s", name)
		}
	}
	fmt.Println("nothing is missing")
	return nil
}

// apply runs a file and its line in the history in one transaction.
func apply(ctx context.Context, conn *pgx.Conn, file, record, name string) error {
	text, err := migrations.Files.ReadFile(file)
	if err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Conn().PgConn().Exec(ctx, string(text)).ReadAll(); err != nil {
			return fmt.Errorf("%s%s: %w", file, place(err, string(text)), err)
		}
		_, err := tx.Exec(ctx, record, name)
		return err
	})
}

// place is the line that Postgres points at.
func place(err error, text string) string {
	var failure *pgconn.PgError
	if !errors.As(err, &failure) || failure.Position == 0 {
		return ""
	}
	before := []rune(text)[:failure.Position-1]
	return fmt.Sprintf(":%d", strings.Count(string(before), "\n")+1)
}

func history(ctx context.Context, conn *pgx.Conn) (map[string]bool, error) {
	rows, err := conn.Query(ctx, "select name from go_migrations")
	if err != nil {
		return nil, err
	}
	applied := map[string]bool{}
	var name string
	_, err = pgx.ForEachRow(rows, []any{&name}, func() error {
		applied[name] = true
		return nil
	})
	return applied, err
}

func names() []string {
	var found []string
	files, _ := fs.Glob(migrations.Files, "*.sql")
	for _, file := range files {
		if name := strings.TrimSuffix(file, ".sql"); !strings.HasSuffix(name, ".down") {
			found = append(found, name)
		}
	}
	return found
}
