/**
 * Every setting of the Central System: its environment variable, meaning, default and check, written once. The `--help` text,
 * the list of mistakes and the typed `Settings` are read off this table.
 */
import { z } from "zod";
import { readCertificate } from "./ftp_certificate.ts";
import { LOG_LEVELS, type LogFormat, type LogLevel } from "../runtime/log.ts";

/** What the Central System was told. Times carry their unit in the name. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  /** Address of the HTTP API when it must not share the charge points' port. */
  readonly apiHost: string;
  readonly apiPort: number | null;
  readonly databaseUrl: string | null;
  readonly dataDir: string;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
  readonly escalationSeconds: number;
  readonly adminKey: string | null;
  readonly preset: Preset;
  readonly unknownChargePoints: "reject" | "pending" | "accept";
  readonly callTimeoutSeconds: number;
  readonly heartbeatIntervalSeconds: number;
  readonly pendingIntervalSeconds: number;
  readonly pingIntervalSeconds: number;
  readonly maxMessageBytes: number;
  readonly messagesPerSecond: number;
  readonly messageBurst: number;
  readonly handshakesPerSecond: number;
  readonly maxConnections: number;
  readonly meterValueRetentionDays: number | null;
  readonly messageLog: "on" | "off";
  readonly messageRetentionDays: number;
  readonly localLists: "manual" | "automatic";
  readonly eventRetentionDays: number;
  readonly webhookRetryDays: number;
  readonly webhookHttp: "allow" | "refuse";
  readonly webhookPrivateTargets: "allow" | "refuse";
  /** How charge points reach us for files, without a slash at the end; null: as they dialled. */
  readonly publicUrl: string | null;
  /** Null: a folder in `dataDir`. */
  readonly filesDir: string | null;
  readonly maxFileBytes: number;
  readonly maxUploadBytes: number;
  readonly diagnosticsRetentionDays: number;
  /** Null: no FTP server. */
  readonly ftpPort: number | null;
  readonly ftpPassivePorts: string;
  /** PEM files; null: FTP without TLS. Never one without the other. */
  readonly ftpCertificate: string | null;
  readonly ftpKey: string | null;
  /** Null: TLS begins with AUTH only. Never without a certificate. */
  readonly ftpsPort: number | null;
}

export type Preset = "standard" | "certification";

interface Setting {
  readonly variable: string;
  readonly key: keyof Settings;
  readonly meaning: string;
  /** What a right value looks like: shown in `--help` and beside a wrong one. */
  readonly expected: string;
  readonly check: z.ZodType;
  readonly fallback: unknown;
}

const number = (least: number, most: number) =>
  z.string().regex(/^\d{1,10}$/).transform(Number).pipe(z.int().min(least).max(most));
const filled = z.string().min(1);

/** What the certification preset changes; a setting that is given still wins. */
const CERTIFICATION: Partial<Settings> = { callTimeoutSeconds: 4, heartbeatIntervalSeconds: 10, localLists: "manual" };

/** The settings in the order in which `--help` shows them. */
export const SETTINGS: readonly Setting[] = [
  {
    variable: "PORT",
    key: "port",
    meaning: "port for charge points and the HTTP API",
    expected: "a port number, 0 for any free one",
    check: number(0, 65535),
    fallback: 8080,
  },
  {
    variable: "HOST",
    key: "host",
    meaning: "address to listen on",
    expected: "an address or host name",
    check: filled,
    fallback: "0.0.0.0",
  },
  {
    variable: "CHARGEHAND_API_PORT",
    key: "apiPort",
    meaning: "port of its own for the HTTP API",
    expected: "a port number, 0 for any free one; unset: the API shares PORT",
    check: number(0, 65535),
    fallback: null,
  },
  {
    variable: "CHARGEHAND_API_HOST",
    key: "apiHost",
    meaning: "address for CHARGEHAND_API_PORT",
    expected: "an address or host name",
    check: filled,
    fallback: "127.0.0.1",
  },
  {
    variable: "DATABASE_URL",
    key: "databaseUrl",
    meaning: "PostgreSQL 15 or newer; unset: a PostgreSQL of its own is started in DATA_DIR",
    expected: "postgres://user:password@host:5432/database",
    check: z.string().regex(/^postgres(ql)?:\/\/.+/),
    fallback: null,
  },
  {
    variable: "DATA_DIR",
    key: "dataDir",
    meaning: "folder of the own PostgreSQL and of files",
    expected: "a folder's path",
    check: filled,
    fallback: "./data",
  },
  {
    variable: "LOG_LEVEL",
    key: "logLevel",
    meaning: "least important line that is logged",
    expected: LOG_LEVELS.join(", "),
    check: z.enum(LOG_LEVELS),
    fallback: "info",
  },
  {
    variable: "LOG_FORMAT",
    key: "logFormat",
    meaning: "log lines for people or for machines",
    expected: "text, json",
    check: z.enum(["text", "json"]),
    fallback: "text",
  },
  {
    variable: "CHARGEHAND_ESCALATION_SECONDS",
    key: "escalationSeconds",
    meaning: "time from the failure of a part that cannot be restarted until the process ends with exit code 1",
    expected: "0 to 3600",
    check: number(0, 3600),
    fallback: 30,
  },
  {
    variable: "CHARGEHAND_ADMIN_KEY",
    key: "adminKey",
    meaning: "first admin key of the API; unset: one is made and shown once at the first start",
    expected: "16 characters or more, without white space",
    check: z.string().regex(/^\S{16,200}$/),
    fallback: null,
  },
  {
    variable: "CHARGEHAND_PRESET",
    key: "preset",
    meaning: "certification: no CALL without an operator's request, CALL timeout 4 s, heartbeat interval 10 s",
    expected: "standard, certification",
    check: z.enum(["standard", "certification"]),
    fallback: "standard",
  },
  {
    variable: "CHARGEHAND_UNKNOWN_CHARGE_POINTS",
    key: "unknownChargePoints",
    meaning: "charge points that are not registered: refuse, keep in the inbox, or accept (for laboratories)",
    expected: "reject, pending, accept",
    check: z.enum(["reject", "pending", "accept"]),
    fallback: "reject",
  },
  {
    variable: "CHARGEHAND_CALL_TIMEOUT_SECONDS",
    key: "callTimeoutSeconds",
    meaning: "how long a charge point may take to answer",
    expected: "1 to 600",
    check: number(1, 600),
    fallback: 30,
  },
  {
    variable: "CHARGEHAND_HEARTBEAT_INTERVAL_SECONDS",
    key: "heartbeatIntervalSeconds",
    meaning: "heartbeat interval told to charge points that have none of their own",
    expected: "1 to 86400",
    check: number(1, 86_400),
    fallback: 300,
  },
  {
    variable: "CHARGEHAND_PENDING_INTERVAL_SECONDS",
    key: "pendingIntervalSeconds",
    meaning: "how soon a charge point that is not accepted yet shall boot again",
    expected: "1 to 86400",
    check: number(1, 86_400),
    fallback: 60,
  },
  {
    variable: "CHARGEHAND_PING_INTERVAL_SECONDS",
    key: "pingIntervalSeconds",
    meaning: "WebSocket ping to each charge point; one without a pong until the next is disconnected",
    expected: "1 to 3600",
    check: number(1, 3600),
    fallback: 30,
  },
  {
    variable: "CHARGEHAND_MAX_MESSAGE_BYTES",
    key: "maxMessageBytes",
    meaning: "largest OCPP message that is read, fragments added up",
    expected: "65536 to 67108864",
    check: number(65_536, 67_108_864),
    fallback: 1_048_576,
  },
  {
    variable: "CHARGEHAND_MESSAGES_PER_SECOND",
    key: "messagesPerSecond",
    meaning: "messages of one charge point that are taken in the long run; faster ones wait",
    expected: "1 to 1000000",
    check: number(1, 1_000_000),
    fallback: 20,
  },
  {
    variable: "CHARGEHAND_MESSAGE_BURST",
    key: "messageBurst",
    meaning: "messages that one charge point may send at once",
    expected: "10 to 1000000",
    check: number(10, 1_000_000),
    fallback: 300,
  },
  {
    variable: "CHARGEHAND_HANDSHAKES_PER_SECOND",
    key: "handshakesPerSecond",
    meaning: "connection attempts of one address, ten times as many at once; raise it behind a proxy",
    expected: "1 to 1000000",
    check: number(1, 1_000_000),
    fallback: 100,
  },
  {
    variable: "CHARGEHAND_MAX_CONNECTIONS",
    key: "maxConnections",
    meaning:
      "open connections, a tenth of them kept for the API; must be below the process's file descriptors (ulimit -n)",
    expected: "10 to 1000000",
    check: number(10, 1_000_000),
    fallback: 19_000,
  },
  {
    variable: "CHARGEHAND_METER_VALUE_RETENTION_DAYS",
    key: "meterValueRetentionDays",
    meaning: "days that meter values are kept; unset: for ever",
    expected: "31 to 36500",
    check: number(31, 36_500),
    fallback: null,
  },
  {
    variable: "CHARGEHAND_MESSAGE_LOG",
    key: "messageLog",
    meaning: "keep every OCPP message, both ways, for GET /v1/charge-points/{identity}/messages",
    expected: "on, off",
    check: z.enum(["on", "off"]),
    fallback: "on",
  },
  {
    variable: "CHARGEHAND_MESSAGE_RETENTION_DAYS",
    key: "messageRetentionDays",
    meaning: "days that logged messages and connection attempts are kept",
    expected: "1 to 3650",
    check: number(1, 3650),
    fallback: 30,
  },
  {
    variable: "CHARGEHAND_LOCAL_LISTS",
    key: "localLists",
    meaning:
      "local authorization lists are sent when an operator asks, or by themselves whenever they differ from what is desired",
    expected: "manual, automatic",
    check: z.enum(["manual", "automatic"]),
    fallback: "manual",
  },
  {
    variable: "CHARGEHAND_EVENT_RETENTION_DAYS",
    key: "eventRetentionDays",
    meaning: "days that events and deliveries to webhooks are kept",
    expected: "1 to 3650",
    check: number(1, 3650),
    fallback: 30,
  },
  {
    variable: "CHARGEHAND_WEBHOOK_RETRY_DAYS",
    key: "webhookRetryDays",
    meaning: "days after which a delivery that always failed is skipped",
    expected: "1 to 3650",
    check: number(1, 3650),
    fallback: 7,
  },
  {
    variable: "CHARGEHAND_WEBHOOK_HTTP",
    key: "webhookHttp",
    meaning: "webhooks without TLS",
    expected: "allow, refuse",
    check: z.enum(["allow", "refuse"]),
    fallback: "refuse",
  },
  {
    variable: "CHARGEHAND_WEBHOOK_PRIVATE_TARGETS",
    key: "webhookPrivateTargets",
    meaning: "webhooks to loopback, private and other addresses that are not public (laboratories)",
    expected: "allow, refuse",
    check: z.enum(["allow", "refuse"]),
    fallback: "refuse",
  },
  {
    variable: "CHARGEHAND_PUBLIC_URL",
    key: "publicUrl",
    meaning: "how charge points reach us to fetch and bring files; unset: at the host and port that they dialled",
    expected: "http://host:port or https://host, without a query",
    check: z.url({ protocol: /^https?$/ }).regex(/^[!-~]+$/).regex(/^[^?#@]*$/).transform((url) =>
      url.replace(/\/+$/, "")
    ),
    fallback: null,
  },
  {
    variable: "CHARGEHAND_FILES_DIR",
    key: "filesDir",
    meaning: "folder of the files that charge points fetch and bring",
    expected: "a folder's path; unset: `files` in DATA_DIR",
    check: filled,
    fallback: null,
  },
  {
    variable: "CHARGEHAND_MAX_FILE_BYTES",
    key: "maxFileBytes",
    meaning: "largest file that an operator may give us for charge points",
    expected: "1 to 4294967296",
    check: number(1, 2 ** 32),
    fallback: 268_435_456,
  },
  {
    variable: "CHARGEHAND_MAX_UPLOAD_BYTES",
    key: "maxUploadBytes",
    meaning: "largest file of diagnostics that a charge point may bring",
    expected: "1 to 4294967296",
    check: number(1, 2 ** 32),
    fallback: 134_217_728,
  },
  {
    variable: "CHARGEHAND_DIAGNOSTICS_RETENTION_DAYS",
    key: "diagnosticsRetentionDays",
    meaning: "days that files of diagnostics are kept",
    expected: "1 to 3650",
    check: number(1, 3650),
    fallback: 90,
  },
  {
    variable: "CHARGEHAND_FTP_PORT",
    key: "ftpPort",
    meaning: "port of a passive FTP server for files and uploads",
    expected: "a port number, usually 21; unset: there is none",
    check: number(1, 65_535),
    fallback: null,
  },
  {
    variable: "CHARGEHAND_FTP_PASSIVE_PORTS",
    key: "ftpPassivePorts",
    meaning: "ports of its data connections",
    expected: "the first and the last, such as 50000-50099",
    check: z.string().refine((text) => {
      const [first = 0, last = 0] = text.split("-").map(Number);
      return /^\d{1,5}-\d{1,5}$/.test(text) && first > 0 && first <= last && last <= 65_535;
    }),
    fallback: "50000-50099",
  },
  {
    variable: "CHARGEHAND_FTP_CERTIFICATE",
    key: "ftpCertificate",
    meaning: "certificate of the FTP server, with which it also speaks TLS (AUTH TLS)",
    expected: "the path of a PEM file, with CHARGEHAND_FTP_KEY; unset: no TLS",
    check: filled,
    fallback: null,
  },
  {
    variable: "CHARGEHAND_FTP_KEY",
    key: "ftpKey",
    meaning: "private key of CHARGEHAND_FTP_CERTIFICATE",
    expected: "the path of a PEM file without a passphrase",
    check: filled,
    fallback: null,
  },
  {
    variable: "CHARGEHAND_FTPS_PORT",
    key: "ftpsPort",
    meaning: "port of the FTP server where TLS begins at once, as libcurl has it for ftps://; needs the certificate",
    expected: "a port number, usually 990; unset: there is none",
    check: number(1, 65_535),
    fallback: null,
  },
];

/** Settings, or every mistake at once, one sentence each. */
export type ReadSettings = { readonly ok: true; readonly settings: Settings } | {
  readonly ok: false;
  readonly mistakes: string[];
};

/** Reads the settings from environment variables. An empty variable counts as unset. */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): ReadSettings {
  const given: Record<string, unknown> = {};
  const mistakes: string[] = [];
  for (const { variable, key, check, expected } of SETTINGS) {
    const text = environment[variable];
    if (text === undefined || text === "") continue;
    const checked = check.safeParse(text);
    if (checked.success) given[key] = checked.data;
    else mistakes.push(`${variable}: ${shown(variable, text)} is not what is expected: ${expected}`);
  }
  mistakes.push(...tlsMistakes(given));
  if (mistakes.length > 0) return { ok: false, mistakes };
  return { ok: true, settings: settingsWith(given) };
}

/** What no setting's own check can see: files, and what is missing beside them. */
function tlsMistakes(given: Partial<Settings>): string[] {
  const read = readCertificate(given);
  const isOff = given.ftpPort === undefined && given.ftpsPort === undefined;
  if (read?.ok === false) return read.mistakes;
  if (read && isOff) {
    return ["CHARGEHAND_FTP_CERTIFICATE: the FTP server is off; set CHARGEHAND_FTPS_PORT or CHARGEHAND_FTP_PORT, too"];
  }
  if (read || given.ftpsPort === undefined) return [];
  return [
    "CHARGEHAND_FTPS_PORT: TLS is expected to have a certificate; set CHARGEHAND_FTP_CERTIFICATE and CHARGEHAND_FTP_KEY, too",
  ];
}

/** Settings with defaults, the preset's own defaults between them and what is given. */
export function settingsWith(given: Partial<Settings>): Settings {
  const defaults = Object.fromEntries(SETTINGS.map(({ key, fallback }) => [key, fallback]));
  const preset = given.preset === "certification" ? CERTIFICATION : {};
  return { ...defaults, ...preset, ...given } as Settings;
}

function shown(variable: string, text: string): string {
  return variable === "CHARGEHAND_ADMIN_KEY" || variable === "DATABASE_URL" ? "the value" : JSON.stringify(text);
}

/** The `--help` text. */
export function helpText(version: string): string {
  const width = Math.max(...SETTINGS.map(({ variable }) => variable.length));
  const lines = SETTINGS.map(({ variable, meaning, expected, fallback }) =>
    `  ${variable.padEnd(width)}  ${meaning}\n  ${" ".repeat(width)}  ${expected}${
      fallback === null ? "" : ` (default ${fallback})`
    }`
  );
  return [
    `Chargehand ${version}: the Central System of OCPP 1.6-J charge points`,
    "",
    "  deno task start           start it",
    "  deno task start --help    show this",
    "",
    "Settings are environment variables:",
    ...lines,
  ].join("\n");
}
