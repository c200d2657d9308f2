/**
 * Log lines for people (default) or for machines (one JSON object a line). Whatever a charge point sent is escaped here,
 * in one place, so that it cannot forge a line or move a terminal's cursor.
 */
export type LogLevel = "debug" | "info" | "warn" | "error";
export type LogFormat = "text" | "json";

/** Further facts of a line, `key=value` in text and members in JSON. */
export type Facts = Readonly<Record<string, unknown>>;

export interface Log {
  debug(line: string, facts?: Facts): void;
  info(line: string, facts?: Facts): void;
  warn(line: string, facts?: Facts): void;
  error(line: string, facts?: Facts): void;
}

export const LOG_LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** A longer value is cut: a log is no place for a 1 MiB frame. */
const VALUE_MAX_LENGTH = 2048;

/** Makes a log that writes whole lines to `write` (the console when left out). */
export function createLog(options: {
  readonly level: LogLevel;
  readonly format: LogFormat;
  readonly now: () => Date;
  readonly write?: (line: string) => void;
}): Log {
  const write = options.write ?? ((line) => console.log(line));
  const lowest = LOG_LEVELS.indexOf(options.level);
  const at = (level: LogLevel) => (line: string, facts: Facts = {}) => {
    if (LOG_LEVELS.indexOf(level) < lowest) return;
    write(
      options.format === "json" ? json(options.now(), level, line, facts) : text(options.now(), level, line, facts),
    );
  };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

function json(now: Date, level: LogLevel, line: string, facts: Facts): string {
  const own = { at: now.toISOString(), level, line: cut(line) };
  const plain = Object.entries(facts).map(([key, value]) => [key, member(value)]);
  // First for the order of the members, last so that no fact takes their place.
  return clean(JSON.stringify({ ...own, ...Object.fromEntries(plain), ...own }, withoutBigInt));
}

function text(now: Date, level: LogLevel, line: string, facts: Facts): string {
  const tail = Object.entries(facts)
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

/** A value as a member of a JSON line; text when it is too long or no JSON. */
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

/** Escapes control and direction-changing characters of a whole line, in a way that is right inside of JSON, too. */
function clean(line: string): string {
  return line.replace(
    // deno-lint-ignore no-control-regex -- escaping control characters is the purpose
    /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
