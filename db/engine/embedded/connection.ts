/**
 * The one connection that tells whether the embedded server is up, and whether it is the one of this data folder. It is opened to
 * the maintenance database, so that the product's own database may be made, cloned and dropped.
 */
import { resolve } from "node:path";
import postgres from "postgres";
import { codeOf } from "../errors.ts";
import { NAME } from "./cluster.ts";

/** An open connection to the server of this folder. */
export interface Connection {
  /** Such as `18.4`. */
  readonly serverVersion: string;
  /** Resolves when the connection is lost, not when it is closed here. */
  readonly lost: Promise<void>;
  close(): Promise<void>;
}

/**
 * `down`: no server of this folder listens. `starting`: it listens and takes no connections yet, or no longer. `closed`: what listens breaks off
 * the connection without a word. `silent`: it does not answer.
 */
export type Unreached = "down" | "starting" | "closed" | "silent";

/** Where the server of a cluster should be. */
export interface Address {
  readonly port: number;
  readonly password: string;
  /** The cluster's folder, absolute. */
  readonly cluster: string;
}

const CONNECT_SECONDS = 3;
const LAST_WORDS_SECONDS = 1;

/** The address of a database on the server. */
export function urlOf({ port, password }: Pick<Address, "port" | "password">, database: string = NAME): string {
  return `postgres://${NAME}:${password}@127.0.0.1:${port}/${database}`;
}

/** Connects, and makes the product's database when it is missing. Throws what else the server says. */
export async function connect(address: Address): Promise<Connection | Unreached> {
  const lost = Promise.withResolvers<void>();
  let open = true;
  const sql = postgres(urlOf(address, "postgres"), {
    max: 1,
    connect_timeout: CONNECT_SECONDS,
    idle_timeout: undefined,
    max_lifetime: null,
    fetch_types: false,
    onnotice: () => {},
    connection: { application_name: "chargehand watch", statement_timeout: 0 },
    onclose: () => open && lost.resolve(),
  });
  const close = async () => {
    open = false;
    await sql.end({ timeout: LAST_WORDS_SECONDS }).catch(() => {});
  };
  try {
    const [server] = await sql.unsafe(
      "select current_setting('server_version') as version, current_setting('data_directory') as folder, " +
        `exists (select from pg_database where datname = '${NAME}') as made`,
    );
    // PostgreSQL names its folder without symbolic links.
    if (resolve(String(server?.folder)) !== await Deno.realPath(address.cluster)) throw new AnotherServer();
    if (!server?.made) await sql.unsafe(`create database ${NAME}`);
    return { serverVersion: String(server?.version), lost: lost.promise, close };
  } catch (error) {
    await close();
    return unreached(error);
  }
}

/** A server listens on the remembered port, but for another folder. */
class AnotherServer extends Error {}

/** Codes before a connection stands. 28P01: our password is unknown there, so it is not the server of this folder. */
const MEANINGS: Readonly<Record<string, Unreached>> = {
  ECONNREFUSED: "down",
  "28P01": "down",
  "28000": "down",
  "57P03": "starting",
  "57P01": "starting",
  "57P02": "starting",
  "53300": "starting",
  ECONNRESET: "closed",
  EPIPE: "closed",
  CONNECTION_CLOSED: "closed",
  CONNECTION_ENDED: "closed",
  CONNECT_TIMEOUT: "silent",
};

function unreached(error: unknown): Unreached {
  if (error instanceof AnotherServer) return "down";
  const meaning = MEANINGS[codeOf(error) ?? ""];
  if (meaning) return meaning;
  throw error;
}
