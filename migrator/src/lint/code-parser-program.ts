/**
 * The part of the parser's process that reads `DO` blocks: `parseWith(parser)` gives for each text its
 * statements, and for each `DO` among them the statements inside of it. Text for the reason that
 * PARSER_PROGRAM is.
 */
export const CODE_PARSER_PROGRAM = `
function parseWith(parser) {
  const parse = (text) => {
    try {
      // As the driver sends it. The parser's own conversion to UTF-8 takes the character behind a lone
      // surrogate along, be it a quote, and would judge another statement than the server gets.
      return { stmts: parser.parseSync(text.toWellFormed()).stmts ?? [] };
    } catch (error) {
      const position = error.sqlDetails?.cursorPosition;
      return { error: error.message, offset: position >= 0 ? position : null };
    }
  };
  return (text) => {
    const parsed = parse(text);
    if (!parsed.stmts?.some(({ stmt }) => stmt !== undefined && "DoStmt" in stmt)) return parsed;
    const bytes = Buffer.from(text.toWellFormed());
    const blocks = parsed.stmts.map(({ stmt, stmt_location = 0, stmt_len }) => {
      if (stmt === undefined || !("DoStmt" in stmt)) return null;
      const end = stmt_len ? stmt_location + stmt_len : bytes.length;
      const { args = [] } = stmt.DoStmt;
      const as = args.find(({ DefElem }) => DefElem?.defname === "as")?.DefElem.location ?? 0;
      // Lines of the body count from the line on which it is opened.
      const first = linesIn(bytes.subarray(stmt_location, as).toString());
      return readBlock(parser, parse, args, bytes.subarray(stmt_location, end).toString(), first);
    });
    return { ...parsed, blocks };
  };
}

function linesIn(text) {
  return text.split("\\n").length - 1;
}

function readBlock(parser, parse, args, text, first) {
  const option = (name) => args.find(({ DefElem }) => DefElem?.defname === name)?.DefElem;
  const language = option("language")?.arg?.String?.sval ?? "plpgsql";
  if (language.toLowerCase() !== "plpgsql") {
    return { statements: [], unread: [{ line: 0, reason: "it is written in " + language }] };
  }
  let tree;
  try {
    tree = parser.parsePlPgSQLSync(text);
  } catch (error) {
    return { statements: [], unread: [{ line: 0, reason: error.message }] };
  }
  const statements = [];
  const unread = [];
  const add = (sql, line) => {
    const parsed = parse(sql);
    if (parsed.error !== undefined) return void unread.push({ line, reason: parsed.error });
    const bytes = Buffer.from(sql);
    for (const { stmt, stmt_location = 0, stmt_len } of parsed.stmts) {
      const end = stmt_len ? stmt_location + stmt_len : bytes.length;
      const text = bytes.subarray(stmt_location, end).toString().trim();
      if (stmt !== undefined) statements.push({ text, line, stmt });
    }
  };
  const dynamic = (query, line) => {
    const constant = constantOf(parse("select " + query));
    if (constant !== null) return add(constant, line);
    unread.push({ line, reason: "EXECUTE sends SQL that is made at run time" });
  };
  const visit = (value, above) => {
    if (Array.isArray(value)) return value.forEach((each) => visit(each, above));
    if (typeof value !== "object" || value === null) return;
    const line = typeof value.lineno === "number" ? first + value.lineno - 1 : above;
    for (const [key, inner] of Object.entries(value)) {
      if (key === "datums") continue;
      if (key === "PLpgSQL_stmt_commit" || key === "PLpgSQL_stmt_rollback") {
        const at = inner.lineno === undefined ? line : first + inner.lineno - 1;
        add(key.endsWith("commit") ? "commit" : "rollback", at);
        continue;
      }
      if (key === "dynquery" || (DYNAMIC.has(key) && inner.query !== undefined)) {
        const expression = key === "dynquery" ? inner : inner.query;
        const at = inner.lineno === undefined ? line : first + inner.lineno - 1;
        dynamic(expression.PLpgSQL_expr.query, at);
        if (key !== "dynquery") visit({ ...inner, query: undefined }, at);
        continue;
      }
      // 0: a statement; the other modes are expressions.
      if (key === "PLpgSQL_expr" && inner.parseMode === 0) add(inner.query, line);
      else visit(inner, line);
    }
  };
  visit(tree, first);
  return { statements, unread };
}

const DYNAMIC = new Set(["PLpgSQL_stmt_dynexecute", "PLpgSQL_stmt_dynfors"]);

// EXECUTE 'drop table t' hides nothing.
function constantOf(parsed) {
  const [target, ...more] = parsed.stmts?.[0]?.stmt?.SelectStmt?.targetList ?? [];
  return more.length > 0 ? null : (target?.ResTarget?.val?.A_Const?.sval?.sval ?? null);
}
`;
