/** The command line of `deno task simulate`: what can be said, and what it means when it is not said. */
import { parseArgs } from "node:util";
import type { Password } from "./options.ts";

/** The text of `--help`. */
export const HELP = `Simulated OCPP 1.6-J charge points.

  deno task simulate --url ws://127.0.0.1:8080/ocpp --identity CP001

They connect, boot, and play one charging session after the other until Ctrl-C. They also do what the Central System
asks for: all 19 operations of OCPP 1.6.

Whom and where
  --url <url>              OCPP endpoint without the identity   (ws://127.0.0.1:8080/ocpp)
  --identity <identity>    identity of the charge point         (SIM-0001)
  --count <n>              so many charge points: SIM-0001 … or <identity>-1 …   (1)
  --password <text>        password of HTTP Basic, sent as it is
  --password-hex <hex>     the same as hexadecimal key, sent as its bytes
  --connectors <n>         connectors of each                   (2)

What they do
  --id-tag <idTag>         the tag that drivers show            (SIMULATOR)
  --sessions <n>           end after so many sessions each      (without end)
  --speed <factor>         waits shorter, power higher, by this factor   (1)
  --idle                   play no sessions; plug in only where a remote start expects it
  --interactive            you are the driver: type "help"
  --ramp <n>               connect so many per second           (50)

What stays
  --state-dir <folder>     keep outbox, meters and configuration there: a kill loses nothing
  --ledger <file>          write down every transaction message sent and acknowledged
  --quiet                  say only what goes wrong

  --help                   this text
`;

/** What was said, with the gaps filled. */
export interface Arguments {
  readonly help: boolean;
  readonly url: string;
  readonly identities: readonly string[];
  readonly password?: Password;
  readonly connectors: number;
  readonly idTag: string;
  /** Infinity when not said. */
  readonly sessions: number;
  readonly speed: number;
  readonly plays: "sessions" | "nothing" | "interactive";
  readonly rampPerSecond: number;
  readonly stateDir?: string;
  readonly ledger?: string;
  readonly quiet: boolean;
}

/** Reads the command line. Throws an `Error` whose message can be shown as it is. */
export function readArguments(args: readonly string[]): Arguments {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  const { values } = parseArgs({
    // `deno task simulate -- --help` hands the dashes on.
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
      autoplay: flag, // the default, accepted for those who like to say it
      interactive: flag,
      ramp: text,
      "state-dir": text,
      ledger: text,
      quiet: flag,
      help: { type: "boolean", short: "h" },
    },
  });
  const count = number("--count", values.count, 1, 1);
  if (values.interactive && count > 1) throw new Error("--interactive is for one charge point: leave --count out");
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
    plays: values.interactive ? "interactive" : values.idle ? "nothing" : "sessions",
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

function number(name: string, text: string | undefined, otherwise: number, min: number): number {
  if (text === undefined) return otherwise;
  if (!/^\d{1,9}$/.test(text) || Number(text) < min) {
    throw new Error(`${name} takes a whole number from ${min}, not ${text}`);
  }
  return Number(text);
}

function positive(name: string, text: string | undefined, otherwise: number): number {
  const value = Number(text ?? otherwise);
  if (!(value > 0) || !Number.isFinite(value)) throw new Error(`${name} takes a number above 0, not ${text}`);
  return value;
}
