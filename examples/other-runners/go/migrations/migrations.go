// Package migrations holds the SQL files, so that the program is one file.
package migrations

import "embed"

// Files are NNN_name.sql, and NNN_name.down.sql as the way back.
//
//go:embed *.sql
var Files embed.FS
