/** The command line of `deno task simulate`: its options and their defaults. */
import { parseArgs } from "node:util";
import type { Password } from "./options.ts";

/** The text of `--help`. */
export const HELP = `Simulated OCPP 1.6-J charge points.

  deno task simulate --url ws://127.0.0.1:8080/ocpp --identity CP001

They connect, boot, and do one charging session after the other until Ctrl-C. They answer all 19 operations that a
Central System can call in OCPP 1.6. Defaults are in parentheses.

Connection
  --url <url>              OCPP endpoint without the identity   (ws://127.0.0.1:8080/ocpp)
  --identity <identity>    identity of the charge point         (SIM-0001)
  --count <n>              number of charge points: SIM-0001, SIM-0002 … or <identity>-1, <identity>-2 …   (1)
  --password <text>        password of HTTP Basic, sent as text
  --password-hex <hex>     password of HTTP Basic in hexadecimal, sent as bytes
  --connectors <n>         connectors of each charge point      (2)

Behaviour
  --id-tag <idTag>         idTag of the sessions                (SIMULATOR)
  --sessions <n>           end after this number of sessions of each charge point   (no end)
  --speed <factor>         divides all waits and multiplies the power   (1)
  --idle                   start no sessions; serve remote starts only
  --interactive            control the charge point with commands; type "help" for a list
  --ramp <n>               new connections per second           (50)

Output
  --state-dir <folder>     save outbox, meters and configuration there, so that a killed simulator can continue
  --ledger <file>          write every sent and acknowledged transaction message to this file
  --quiet                  print errors only

  --help                   this text
`;

/** The options of the command line, with defaults for those that were not given. */
export interface Arguments {
  readonly help: boolean;
  readonly url: string;
  readonly identities: readonly string[];
  readonly password?: Password;
  readonly connectors: number;
  readonly idTag: string;
  /** Infinity when not given. */
  readonly sessions: number;
  readonly speed: number;
  readonly mode: "sessions" | "idle" | "interactive";
  readonly rampPerSecond: number;
  readonly stateDir?: string;
  readonly ledger?: string;
  readonly quiet: boolean;
}

/** Reads the command line. Throws an `Error` whose message is for the user. */
export function readArguments(args: readonly string[]): Arguments {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  const { values } = parseArgs({
    // `deno task simulate -- --help` passes the dashes to the program.
    args: args.filter((arg) => arg !== "--"),
    options: {
      url: text,
      identity: text,
      count: text,
      password: text,
      "password-hex": text,
      connectors: text,
      "id-tag": text,
      sessions: text,
      speed: text,
      idle: flag,
      autoplay: flag, // names the default mode and has no effect
      interactive: flag,
      ramp: text,
      "state-dir": text,
      ledger: text,
      quiet: flag,
      help: { type: "boolean", short: "h" },
    },
  });
  const count = number("--count", values.count, 1, 1);
  if (values.interactive && count > 1) throw new Error("--interactive controls a single charge point: remove --count");
  const hex = values["password-hex"];
  if (hex !== undefined && !/^([0-9a-f]{2})+$/i.test(hex)) {
    throw new Error("--password-hex takes pairs of hexadecimal digits");
  }
  const url = values.url ?? "ws://127.0.0.1:8080/ocpp";
  if (!/^wss?:\/\//.test(url)) throw new Error(`--url must begin with ws:// or wss://, not ${url}`);
  return {
    help: values.help ?? false,
    url,
    identities: identities(values.identity, count),
    password: hex !== undefined ? { hex } : values.password,
    connectors: number("--connectors", values.connectors, 2, 1),
    idTag: values["id-tag"] ?? "SIMULATOR",
    sessions: number("--sessions", values.sessions, Infinity, 0),
    speed: positive("--speed", values.speed, 1),
    mode: values.interactive ? "interactive" : values.idle ? "idle" : "sessions",
    rampPerSecond: positive("--ramp", values.ramp, 50),
    stateDir: values["state-dir"],
    ledger: values.ledger,
    quiet: values.quiet ?? false,
  };
}

function identities(identity: string | undefined, count: number): string[] {
  if (identity !== undefined && count === 1) return [identity];
  return Array.from(
    { length: count },
    (_, index) => identity === undefined ? `SIM-${String(index + 1).padStart(4, "0")}` : `${identity}-${index + 1}`,
  );
}

function number(name: string, text: string | undefined, fallback: number, min: number): number {
  if (text === undefined) return fallback;
  if (!/^\d{1,9}$/.test(text) || Number(text) < min) {
    throw new Error(`${name} takes a whole number from ${min}, not ${text}`);
  }
  return Number(text);
}

function positive(name: string, text: string | undefined, fallback: number): number {
  const value = Number(text ?? fallback);
  if (!(value > 0) || !Number.isFinite(value)) throw new Error(`${name} takes a number above 0, not ${text}`);
  return value;
}
