/**
 * The connection that shows whether the embedded server runs, and whether it is the server of this data folder. It uses the
 * maintenance database, so that the product's own database can be created, cloned and dropped.
 */
import { resolve } from "node:path";
import postgres from "postgres";
import { codeOf } from "../errors.ts";
import { NAME } from "./cluster.ts";

/** An open connection to the server of this data folder. */
export interface Connection {
  /** Such as `18.4`. */
  readonly serverVersion: string;
  /** Resolves when the connection is lost, not when it is closed here. */
  readonly lost: Promise<void>;
  close(): Promise<void>;
}

/**
 * Why there is no connection. `down`: no server of this folder listens. `starting`: the server starts or stops. `closed`: the connection is closed
 * without an answer. `silent`: there is no answer.
 */
export type Unavailable = "down" | "starting" | "closed" | "silent";

/** The expected address of the server of a cluster. */
export interface Address {
  readonly port: number;
  readonly password: string;
  /** The cluster's folder, absolute. */
  readonly cluster: string;
}

const CONNECT_SECONDS = 3;
const CLOSE_TIMEOUT_SECONDS = 1;

/** The URL of a database on the server. */
export function urlOf({ port, password }: Pick<Address, "port" | "password">, database: string = NAME): string {
  return `postgres://${NAME}:${password}@127.0.0.1:${port}/${database}`;
}

/** Connects, and creates the product's database when it is missing. Throws other errors of the server. */
export async function connect(address: Address): Promise<Connection | Unavailable> {
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
    await sql.end({ timeout: CLOSE_TIMEOUT_SECONDS }).catch(() => {});
  };
  try {
    const [server] = await sql.unsafe(
      "select current_setting('server_version') as version, current_setting('data_directory') as folder, " +
        `exists (select from pg_database where datname = '${NAME}') as has_database`,
    );
    // PostgreSQL reports its folder without symbolic links.
    if (resolve(String(server?.folder)) !== await Deno.realPath(address.cluster)) throw new AnotherServer();
    if (!server?.has_database) await sql.unsafe(`create database ${NAME}`);
    return { serverVersion: String(server?.version), lost: lost.promise, close };
  } catch (error) {
    await close();
    return unavailable(error);
  }
}

/** The server on the stored port belongs to another folder. */
class AnotherServer extends Error {}

/** The meaning of error codes of a connect. 28P01, 28000: our password or role is wrong there, so it is not the server of this folder. */
const MEANINGS: Readonly<Record<string, Unavailable>> = {
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

function unavailable(error: unknown): Unavailable {
  if (error instanceof AnotherServer) return "down";
  const meaning = MEANINGS[codeOf(error) ?? ""];
  if (meaning) return meaning;
  throw error;
}
