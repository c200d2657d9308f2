/**
 * The table of all settings: environment variable, meaning, default and check. The `--help` text, the mistakes and the typed `Settings` come from
 * this table.
 */
import { z } from "zod";
import { readCertificate } from "./ftp_certificate.ts";
import { LOG_LEVELS, type LogFormat, type LogLevel } from "../runtime/log.ts";

/** The values of all settings. Units are in the names. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  /** Address of the HTTP API if it has a port of its own. */
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
  /** Base URL at which charge points download and upload files, without a slash at the end; null: the host and port of their connection. */
  readonly publicUrl: string | null;
  /** Null: a folder in `dataDir`. */
  readonly filesDir: string | null;
  readonly maxFileBytes: number;
  readonly maxUploadBytes: number;
  readonly diagnosticsRetentionDays: number;
  /** Null: no FTP server. */
  readonly ftpPort: number | null;
  readonly ftpPassivePorts: string;
  /** Paths of PEM files; null: FTP without TLS. Both are set, or none. */
  readonly ftpCertificate: string | null;
  readonly ftpKey: string | null;
  /** Port for implicit TLS; null: TLS only with AUTH. Needs a certificate. */
  readonly ftpsPort: number | null;
}

/** A set of defaults. */
export type Preset = "standard" | "certification";

interface Setting {
  readonly variable: string;
  readonly key: keyof Settings;
  readonly meaning: string;
  /** Describes valid values, for `--help` and for the report of a mistake. */
  readonly expected: string;
  readonly check: z.ZodType;
  readonly fallback: unknown;
}

const number = (least: number, most: number) =>
  z.string().regex(/^\d{1,10}$/).transform(Number).pipe(z.int().min(least).max(most));
const filled = z.string().min(1);

/** The defaults of the certification preset; a variable that is set overrides them. */
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
    meaning: "separate port for the HTTP API",
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
    meaning: "PostgreSQL 15 or newer; unset: Chargehand starts its own PostgreSQL in DATA_DIR",
    expected: "postgres://user:password@host:5432/database",
    check: z.string().regex(/^postgres(ql)?:\/\/.+/),
    fallback: null,
  },
  {
    variable: "DATA_DIR",
    key: "dataDir",
    meaning: "folder for Chargehand's own PostgreSQL and for files",
    expected: "a folder's path",
    check: filled,
    fallback: "./data",
  },
  {
    variable: "LOG_LEVEL",
    key: "logLevel",
    meaning: "lowest level of the lines that are logged",
    expected: LOG_LEVELS.join(", "),
    check: z.enum(LOG_LEVELS),
    fallback: "info",
  },
  {
    variable: "LOG_FORMAT",
    key: "logFormat",
    meaning: "format of log lines: text for people, or one JSON object per line",
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
    meaning:
      "connections of charge points that are not registered: refuse, keep as pending, or accept (for laboratories)",
    expected: "reject, pending, accept",
    check: z.enum(["reject", "pending", "accept"]),
    fallback: "reject",
  },
  {
    variable: "CHARGEHAND_CALL_TIMEOUT_SECONDS",
    key: "callTimeoutSeconds",
    meaning: "time limit for a charge point's answer to a CALL",
    expected: "1 to 600",
    check: number(1, 600),
    fallback: 30,
  },
  {
    variable: "CHARGEHAND_HEARTBEAT_INTERVAL_SECONDS",
    key: "heartbeatIntervalSeconds",
    meaning: "heartbeat interval for charge points without an interval of their own",
    expected: "1 to 86400",
    check: number(1, 86_400),
    fallback: 300,
  },
  {
    variable: "CHARGEHAND_PENDING_INTERVAL_SECONDS",
    key: "pendingIntervalSeconds",
    meaning: "interval at which a charge point that is not accepted yet sends BootNotification again",
    expected: "1 to 86400",
    check: number(1, 86_400),
    fallback: 60,
  },
  {
    variable: "CHARGEHAND_PING_INTERVAL_SECONDS",
    key: "pingIntervalSeconds",
    meaning: "interval of WebSocket pings; a charge point without a pong until the next ping is disconnected",
    expected: "1 to 3600",
    check: number(1, 3600),
    fallback: 30,
  },
  {
    variable: "CHARGEHAND_MAX_MESSAGE_BYTES",
    key: "maxMessageBytes",
    meaning: "maximum size of an OCPP message, all fragments together",
    expected: "65536 to 67108864",
    check: number(65_536, 67_108_864),
    fallback: 1_048_576,
  },
  {
    variable: "CHARGEHAND_MESSAGES_PER_SECOND",
    key: "messagesPerSecond",
    meaning: "steady rate of messages from one charge point; messages above it wait",
    expected: "1 to 1000000",
    check: number(1, 1_000_000),
    fallback: 20,
  },
  {
    variable: "CHARGEHAND_MESSAGE_BURST",
    key: "messageBurst",
    meaning: "messages that one charge point may send in a burst",
    expected: "10 to 1000000",
    check: number(10, 1_000_000),
    fallback: 300,
  },
  {
    variable: "CHARGEHAND_HANDSHAKES_PER_SECOND",
    key: "handshakesPerSecond",
    meaning:
      "steady rate of connection attempts from one address, ten times as many in a burst; raise it behind a proxy",
    expected: "1 to 1000000",
    check: number(1, 1_000_000),
    fallback: 100,
  },
  {
    variable: "CHARGEHAND_MAX_CONNECTIONS",
    key: "maxConnections",
    meaning:
      "maximum of open connections, a tenth of them reserved for the API; must be below the process's file descriptors (ulimit -n)",
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
    meaning: "store every OCPP message in both directions, for GET /v1/charge-points/{identity}/messages",
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
      "send local authorization lists only at an operator's request, or whenever they differ from the desired list",
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
    meaning: "days after which a failing delivery is skipped",
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
    meaning: "base URL at which charge points download and upload files; unset: the host and port of their connection",
    expected: "http://host:port or https://host, without a query",
    check: z.url({ protocol: /^https?$/ }).regex(/^[!-~]+$/).regex(/^[^?#@]*$/).transform((url) =>
      url.replace(/\/+$/, "")
    ),
    fallback: null,
  },
  {
    variable: "CHARGEHAND_FILES_DIR",
    key: "filesDir",
    meaning: "folder for the files that charge points download and upload",
    expected: "a folder's path; unset: `files` in DATA_DIR",
    check: filled,
    fallback: null,
  },
  {
    variable: "CHARGEHAND_MAX_FILE_BYTES",
    key: "maxFileBytes",
    meaning: "maximum size of a file that an operator uploads for charge points",
    expected: "1 to 4294967296",
    check: number(1, 2 ** 32),
    fallback: 268_435_456,
  },
  {
    variable: "CHARGEHAND_MAX_UPLOAD_BYTES",
    key: "maxUploadBytes",
    meaning: "maximum size of a diagnostics file that a charge point uploads",
    expected: "1 to 4294967296",
    check: number(1, 2 ** 32),
    fallback: 134_217_728,
  },
  {
    variable: "CHARGEHAND_DIAGNOSTICS_RETENTION_DAYS",
    key: "diagnosticsRetentionDays",
    meaning: "days that diagnostics files are kept",
    expected: "1 to 3650",
    check: number(1, 3650),
    fallback: 90,
  },
  {
    variable: "CHARGEHAND_FTP_PORT",
    key: "ftpPort",
    meaning: "port of a passive FTP server for downloads and uploads",
    expected: "a port number, usually 21; unset: no FTP server",
    check: number(1, 65_535),
    fallback: null,
  },
  {
    variable: "CHARGEHAND_FTP_PASSIVE_PORTS",
    key: "ftpPassivePorts",
    meaning: "ports of the FTP server's data connections",
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
    meaning: "certificate of the FTP server, for FTP with TLS (AUTH TLS)",
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
    meaning: "port of the FTP server for implicit TLS, for ftps:// addresses; needs the certificate",
    expected: "a port number, usually 990; unset: no implicit TLS",
    check: number(1, 65_535),
    fallback: null,
  },
];

/** Settings, or all mistakes, one sentence each. */
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

/** Mistakes that the check of a single setting cannot find: in files, and in combinations. */
function tlsMistakes(given: Partial<Settings>): string[] {
  const read = readCertificate(given);
  const isOff = given.ftpPort === undefined && given.ftpsPort === undefined;
  if (read?.ok === false) return read.mistakes;
  if (read && isOff) {
    return ["CHARGEHAND_FTP_CERTIFICATE: the FTP server is off; set CHARGEHAND_FTPS_PORT or CHARGEHAND_FTP_PORT, too"];
  }
  if (read || given.ftpsPort === undefined) return [];
  return [
    "CHARGEHAND_FTPS_PORT: TLS needs a certificate; set CHARGEHAND_FTP_CERTIFICATE and CHARGEHAND_FTP_KEY, too",
  ];
}

/** Completes settings: given values override the preset's defaults, which override the general defaults. */
export function settingsWith(given: Partial<Settings>): Settings {
  const defaults = Object.fromEntries(SETTINGS.map(({ key, fallback }) => [key, fallback]));
  const preset = given.preset === "certification" ? CERTIFICATION : {};
  return { ...defaults, ...preset, ...given } as Settings;
}

function shown(variable: string, text: string): string {
  return variable === "CHARGEHAND_ADMIN_KEY" || variable === "DATABASE_URL" ? "the value" : JSON.stringify(text);
}

/** The `--help` text, with all settings. */
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
