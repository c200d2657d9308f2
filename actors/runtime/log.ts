/**
 * Log lines as text (default) or JSON (one object per line). Values from charge points are escaped here, so that they cannot forge a line or send
 * control characters to a terminal.
 */
export type LogLevel = "debug" | "info" | "warn" | "error";
export type LogFormat = "text" | "json";

/** Fields of a line: `key=value` in text, members in JSON. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Writes lines at four levels. */
export interface Log {
  debug(line: string, fields?: LogFields): void;
  info(line: string, fields?: LogFields): void;
  warn(line: string, fields?: LogFields): void;
  error(line: string, fields?: LogFields): void;
}

/** The levels, lowest first. */
export const LOG_LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** Longer values are cut, because a frame may have 1 MiB. */
const VALUE_MAX_LENGTH = 2048;

/** Makes a log that writes lines to `write`, by default to the console. */
export function createLog(options: {
  readonly level: LogLevel;
  readonly format: LogFormat;
  readonly now: () => Date;
  readonly write?: (line: string) => void;
}): Log {
  const write = options.write ?? ((line) => console.log(line));
  const lowest = LOG_LEVELS.indexOf(options.level);
  const at = (level: LogLevel) => (line: string, fields: LogFields = {}) => {
    if (LOG_LEVELS.indexOf(level) < lowest) return;
    write(
      options.format === "json" ? json(options.now(), level, line, fields) : text(options.now(), level, line, fields),
    );
  };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

function json(now: Date, level: LogLevel, line: string, fields: LogFields): string {
  const own = { at: now.toISOString(), level, line: cut(line) };
  const plain = Object.entries(fields).map(([key, value]) => [key, member(value)]);
  // First for the order of the members, and last so that a field cannot replace them.
  return clean(JSON.stringify({ ...own, ...Object.fromEntries(plain), ...own }, withoutBigInt));
}

function text(now: Date, level: LogLevel, line: string, fields: LogFields): string {
  const tail = Object.entries(fields)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([key, value]) => `${key}=${printable(value)}`);
  return clean([now.toISOString(), level.toUpperCase().padEnd(5), cut(line), ...tail].join(" "));
}

function printable(value: unknown): string {
  if (value instanceof Date) return value.toISOString();
  const shown = value instanceof Error ? errorText(value) : value;
  if (typeof shown !== "string") return cut(jsonOf(shown));
  return /^[\w.:@/+-]+$/.test(shown) ? cut(shown) : JSON.stringify(cut(shown));
}

/** A value for a JSON line; a string if the value is too long or has no JSON. */
function member(value: unknown): unknown {
  if (value instanceof Error) return cut(errorText(value));
  if (typeof value === "string") return cut(value);
  const shown = jsonOf(value);
  return shown.length > VALUE_MAX_LENGTH || shown === NO_JSON ? cut(shown) : value;
}

const NO_JSON = "(no JSON)";

function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value, withoutBigInt) ?? NO_JSON;
  } catch {
    return NO_JSON;
  }
}

function withoutBigInt(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}

function errorText(error: Error): string {
  return error.stack ?? `${error.name}: ${error.message}`;
}

function cut(value: string): string {
  return value.length > VALUE_MAX_LENGTH ? `${value.slice(0, VALUE_MAX_LENGTH)}…` : value;
}

/** Escapes control characters and bidirectional formatting characters, with escapes that are also valid in JSON. */
function clean(line: string): string {
  return line.replace(
    // deno-lint-ignore no-control-regex -- escaping control characters is the purpose
    /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
