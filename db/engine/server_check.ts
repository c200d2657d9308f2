/**
 * The check of a PostgreSQL server before anything is created in it. The operator who set DATABASE_URL reads its errors: each says in a
 * sentence what is wrong with the host, the password, the database or the server's version. The password is never shown.
 */
import postgres from "postgres";
import { codeOf, StoreError } from "./errors.ts";

/** Our statements use features of PostgreSQL 15. */
const OLDEST_VERSION = 15;
const CONNECT_SECONDS = 5;
const CLOSE_TIMEOUT_SECONDS = 1;

/** Throws StoreError, with what to do, when the server cannot be used. */
export async function checkServer(url: string): Promise<void> {
  let version: string;
  try {
    version = await askVersion(url);
  } catch (error) {
    throw new StoreError("refused", `Cannot use ${masked(url)} (DATABASE_URL): ${cure(error)}`, codeOf(error), error);
  }
  const tooOld = versionProblem(version);
  if (tooOld) throw new StoreError("refused", `Cannot use ${masked(url)} (DATABASE_URL): ${tooOld}`);
}

async function askVersion(url: string): Promise<string> {
  const sql = postgres(url, { max: 1, connect_timeout: CONNECT_SECONDS, fetch_types: false, onnotice: () => {} });
  try {
    const [row] = await sql.unsafe("show server_version_num");
    return String(row?.server_version_num);
  } finally {
    await sql.end({ timeout: CLOSE_TIMEOUT_SECONDS }).catch(() => {});
  }
}

/** Why a server of this `server_version_num` (150018 is 15.18) cannot be used; undefined when it can. */
export function versionProblem(version: string): string | undefined {
  const major = Math.trunc(Number(version) / 10_000);
  if (major >= OLDEST_VERSION) return undefined;
  return `the server is PostgreSQL ${major}; version ${OLDEST_VERSION} or newer is needed`;
}

/** A database's address for logs and messages, without the password. */
export function masked(url: string): string {
  return url.replace(/(?<=:\/\/[^:@/]*:).*(?=@)/, "***").replace(/(?<=[?&]password=)[^&]*/i, "***");
}

function cure(error: unknown): string {
  const code = codeOf(error);
  const known = CURES[code ?? ""];
  if (known) return `${known} (${code})`;
  // The error's own message about an invalid URL would repeat the URL with its password.
  if (error instanceof TypeError) {
    return "this is not a valid URL; percent-encode special characters in the password";
  }
  return error instanceof Error ? error.message : String(error);
}

const CURES: Readonly<Record<string, string>> = {
  ECONNREFUSED: "no server listens on this host and port; check that the server runs, and check host and port",
  ENOTFOUND: "the host name is not known; check it",
  EAI_AGAIN: "the host name could not be looked up; check the DNS of this machine",
  CONNECT_TIMEOUT: "the server does not answer; check host and port, and whether a firewall blocks the connection",
  ETIMEDOUT: "the server does not answer; check host and port, and whether a firewall blocks the connection",
  EHOSTUNREACH: "there is no route to this host; check the host and the network",
  ENETUNREACH: "there is no route to this host; check the host and the network",
  "28P01": "the server refuses this user or password; check both",
  "28000": "the server refuses this user; check the user and the server's pg_hba.conf",
  "3D000": "the server has no database of this name; create it with createdb",
  "53300": "all connections of the server are in use; close some, or raise its max_connections",
  "57P03": "the server is starting or stopping; try again in a moment",
};
