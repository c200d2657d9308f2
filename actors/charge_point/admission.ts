/**
 * Who may come in. Decides about one connection attempt in the order identity, security profile, credentials (or, where there are none, who
 * is there already), so that the answer tells the installer the first thing to repair; every refusal names its cause and its cure.
 */
import type { ChargePoint, ChargePointFields } from "../../db/charge_points.ts";
import type { Store } from "../../db/store.ts";
import { basicCredentials } from "../../ocpp/handshake.ts";
import { type Diagnosis, diagnosis } from "./connection_causes.ts";
import { type PasswordThrottle, verifyPassword } from "./credentials.ts";
import type { Settings } from "../settings/settings.ts";

/** A connection attempt, before the WebSocket exists. */
export interface Attempt {
  readonly identity: string;
  /** The Authorization header as it came. */
  readonly authorization: string | undefined;
  /** Whether the connection is known to be TLS. */
  readonly secure: boolean;
  readonly remoteAddress: string;
  /** The client only asks what the answer would be: nothing is written. */
  readonly onlyAsks?: boolean;
}

/** Let in with its row, or refused with an HTTP status and words for the installer. */
export type Admission =
  | { readonly admitted: true; readonly chargePoint: ChargePoint }
  | Diagnosis & {
    readonly admitted: false;
    readonly status: 401 | 403 | 404 | 409 | 429 | 503;
    readonly retryAfterSeconds?: number;
  };

/** The longest that a charge point is asked to stay away. */
const RETRY_AFTER_SECONDS = 30;

/** What the decision is made from. */
export interface AdmissionApp {
  readonly store: Store;
  readonly settings: Settings;
  readonly passwordThrottle: PasswordThrottle;
  /** Where an identity was last seen, when its row does not say so yet. */
  unwritten(identity: string): { readonly remoteAddress: string } | undefined;
  /** Who is connected under an identity. */
  connection(identity: string): { readonly remoteAddress: string; readonly lastSeenAt: Date } | undefined;
}

/** Decides. The registration of an unknown charge point, where the setting asks for it, is the one thing that is written. */
export async function admit(attempt: Attempt, app: AdmissionApp, now: Date): Promise<Admission> {
  const { store, settings } = app;
  const known = await store.chargePoints.findForAdmission(attempt.identity);
  if (!known) return await admitUnknown(attempt, store, settings, now);
  const { securityProfile } = known;
  if (securityProfile >= 2 && !attempt.secure) {
    const found = `it came without TLS, but its security profile is ${securityProfile}`;
    return refused(403, diagnosis("wrong-security-profile", found));
  }
  if (securityProfile === 0) {
    return contested(attempt, app, now) ?? { admitted: true, chargePoint: withoutKeys(known) };
  }
  if (!known.credentials && known.pendingCredentials.length === 0) {
    const found = `its security profile is ${securityProfile}, but no password has been set`;
    return refused(401, diagnosis("no-password-set", found, attempt.identity));
  }
  return await checkCredentials(attempt, known, app);
}

/**
 * On security profile 0 no charge point can prove its identity, so another client must not push out the one that is connected and alive. The same address takes over:
 * that is the charge point itself after a connection that it lost. Pings end a dead connection within two intervals.
 */
function contested({ identity, remoteAddress }: Attempt, app: AdmissionApp, now: Date): Admission | undefined {
  const incumbent = app.connection(identity);
  const deadAfterSeconds = 2 * app.settings.pingIntervalSeconds;
  if (!incumbent || incumbent.remoteAddress === remoteAddress) return undefined;
  if (now.getTime() - incumbent.lastSeenAt.getTime() > deadAfterSeconds * 1000) return undefined;
  const found = "it is connected from another address, and without a password nobody can tell which of both it is";
  return refused(409, diagnosis("identity-in-use", found), deadAfterSeconds);
}

type Known = NonNullable<Awaited<ReturnType<Store["chargePoints"]["findForAdmission"]>>>;

async function checkCredentials(attempt: Attempt, known: Known, app: AdmissionApp): Promise<Admission> {
  const given = basicCredentials(attempt.authorization, attempt.identity);
  if (!given) {
    return refused(401, diagnosis("no-credentials", "it sent no HTTP Basic credentials"));
  }
  const ownAddress = app.unwritten(attempt.identity)?.remoteAddress ?? known.remoteAddress;
  const waitSeconds = app.passwordThrottle.waitSeconds(attempt, ownAddress);
  if (waitSeconds > 0) return guessedTooOften(waitSeconds);
  if (given.user !== attempt.identity) {
    const found = "the user name of its credentials is not its identity";
    return guessedWrong(attempt, app, diagnosis("wrong-user", found, attempt.identity));
  }
  if (known.credentials && await verifyPassword(given.password, known.credentials)) {
    return { admitted: true, chargePoint: withoutKeys(known) };
  }
  // New AuthorizationKeys whose confirmation got lost: whichever of the keys comes is the one that the charge point has.
  for (const pending of known.pendingCredentials) {
    if (!await verifyPassword(given.password, pending)) continue;
    if (!attempt.onlyAsks) await app.store.chargePoints.promotePendingCredentials(attempt.identity, pending);
    return { admitted: true, chargePoint: withoutKeys(known) };
  }
  return guessedWrong(attempt, app, diagnosis("wrong-password", "its password is wrong"));
}

/** What a connection keeps: hashes of keys are of no use to it, and ten thousand connections keep them all. */
function withoutKeys({ credentials: _, pendingCredentials: __, ...chargePoint }: Known): ChargePoint {
  return chargePoint;
}

function guessedWrong(attempt: Attempt, { passwordThrottle }: AdmissionApp, wrong: Diagnosis): Admission {
  const waitSeconds = passwordThrottle.failed(attempt);
  return waitSeconds > 0 ? guessedTooOften(waitSeconds) : refused(401, wrong);
}

function guessedTooOften(waitSeconds: number): Admission {
  const found = "too many wrong passwords came from its address or for its identity";
  return refused(429, diagnosis("too-many-attempts", found), waitSeconds);
}

/** What an unknown charge point is registered as. */
const NEWCOMER: Omit<ChargePointFields, "registration"> = {
  securityProfile: 0,
  heartbeatInterval: null,
  labels: {},
  description: "",
  validation: "tolerant",
};

async function admitUnknown(attempt: Attempt, store: Store, settings: Settings, now: Date): Promise<Admission> {
  if (settings.unknownChargePoints === "reject") {
    return refused(404, diagnosis("unknown-identity", "nobody has registered this identity", attempt.identity));
  }
  if (attempt.onlyAsks) {
    const cure = "It is registered when it connects with a WebSocket.";
    return refused(404, { cause: "unknown-identity", found: "nobody has registered this identity yet", cure });
  }
  const registration = settings.unknownChargePoints === "pending" ? "Pending" : "Accepted";
  const chargePoint = await store.chargePoints.register(attempt.identity, { ...NEWCOMER, registration }, now);
  return { admitted: true, chargePoint };
}

function refused(
  status: 401 | 403 | 404 | 409 | 429,
  diagnosis: Diagnosis,
  retryAfterSeconds?: number,
): Admission {
  return { admitted: false, status, ...diagnosis, retryAfterSeconds };
}

/** What is said while the database is away. OCPP 1.6 3.7: an offline charge point queues. Spread by identity, so that not all come back in the same second. */
export function away(identity: string): Admission {
  let hash = 0;
  for (const character of identity) hash = (hash * 31 + character.charCodeAt(0)) >>> 0;
  return {
    admitted: false,
    status: 503,
    ...diagnosis("database-away", "the database is away"),
    retryAfterSeconds: 1 + hash % RETRY_AFTER_SECONDS,
  };
}
