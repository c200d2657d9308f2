/**
 * The first words with a PostgreSQL server, before anything is made in it. Whoever set DATABASE_URL reads what comes of them, so that a wrong
 * host, password or name of a database, or a server that is too old, is said in a sentence; the password is never shown.
 */
import postgres from "postgres";
import { codeOf, StoreError } from "./errors.ts";

/** Our statements need what PostgreSQL 15 brought. */
const OLDEST_VERSION = 15;
const CONNECT_SECONDS = 5;
const LAST_WORDS_SECONDS = 1;

/** Throws StoreError, with a cure, when this server cannot be worked with. */
export async function meetServer(url: string): Promise<void> {
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
    await sql.end({ timeout: LAST_WORDS_SECONDS }).catch(() => {});
  }
}

/** Why a server of this `server_version_num` (150018 is 15.18) will not do; undefined when it will. */
export function versionProblem(version: string): string | undefined {
  const major = Math.trunc(Number(version) / 10_000);
  if (major >= OLDEST_VERSION) return undefined;
  return `it is PostgreSQL ${major}, and ${OLDEST_VERSION} or newer is needed`;
}

/** A database's address for people and logs: without the password. */
export function masked(url: string): string {
  return url.replace(/(?<=:\/\/[^:@/]*:).*(?=@)/, "***").replace(/(?<=[?&]password=)[^&]*/i, "***");
}

function cure(error: unknown): string {
  const code = codeOf(error);
  const said = CURES[code ?? ""];
  if (said) return `${said} (${code})`;
  // The words about an address that is no URL would repeat it, password and all.
  if (error instanceof TypeError) {
    return "this is no valid address; special characters in the password must be percent-encoded";
  }
  return error instanceof Error ? error.message : String(error);
}

const CURES: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nobody listens there; does the server run, and are host and port right?",
  ENOTFOUND: "the name of the host is not known here",
  EAI_AGAIN: "the name of the host could not be looked up",
  CONNECT_TIMEOUT: "it does not answer; are host and port right, and does a firewall let us through?",
  ETIMEDOUT: "it does not answer; are host and port right, and does a firewall let us through?",
  EHOSTUNREACH: "there is no way to that host",
  ENETUNREACH: "there is no way to that host",
  "28P01": "it refuses this user or password",
  "28000": "it refuses this user",
  "3D000": "it has no database of this name; make it with createdb",
  "53300": "all its connections are taken",
  "57P03": "it is just starting or stopping; try again in a moment",
};
