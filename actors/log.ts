/**
 * Log lines for people (default) or for machines (one JSON object a line). Whatever a charge point sent is escaped here,
 * in one place, so that nobody can forge a line or move a terminal's cursor.
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
  const plain = Object.entries(facts).map(([key, value]) => [key, value instanceof Error ? errorText(value) : value]);
  return JSON.stringify({ at: now.toISOString(), level, line, ...Object.fromEntries(plain) });
}

function text(now: Date, level: LogLevel, line: string, facts: Facts): string {
  const tail = Object.entries(facts)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([key, value]) => `${key}=${printable(value)}`);
  return [now.toISOString(), level.toUpperCase().padEnd(5), clean(line), ...tail].join(" ");
}

function printable(value: unknown): string {
  if (value instanceof Error) return JSON.stringify(errorText(value));
  if (value instanceof Date) return value.toISOString();
  const shown = typeof value === "string" ? value : JSON.stringify(value);
  return /^[\w.:@/+-]+$/.test(shown) ? shown : JSON.stringify(clean(shown));
}

function errorText(error: Error): string {
  return error.stack ?? `${error.name}: ${error.message}`;
}

/** Escapes control and direction-changing characters and cuts what is too long. */
function clean(value: string): string {
  const cut = value.length > VALUE_MAX_LENGTH ? `${value.slice(0, VALUE_MAX_LENGTH)}…` : value;
  return cut.replace(
    // deno-lint-ignore no-control-regex -- escaping control characters is the purpose
    /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
