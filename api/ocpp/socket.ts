/**
 * The charge points' WebSocket endpoint, `/ocpp/{identity}`: decides about an upgrade request, for both transports. A refusal is an HTTP response
 * with the cause and the cure as its body, which installers read in a browser or with curl: a request without an upgrade gets the same text
 * as a charge point.
 */
import type { ChargePoints } from "../../actors/charge_point/registry.ts";
import type { Clock } from "../../actors/runtime/clock.ts";
import { type Diagnosis, diagnosis } from "../../actors/charge_point/connection_causes.ts";
import type { Log } from "../../actors/runtime/log.ts";
import type { ChargePoint } from "../../db/charge_points.ts";
import {
  ENDPOINT,
  identityFromTarget,
  offersSubprotocol,
  type PathReading,
  SUBPROTOCOL,
} from "../../ocpp/handshake.ts";

/** The parts of an upgrade request that the decision needs. Header names are lower case. */
export interface UpgradeRequest {
  readonly method: string;
  /** Such as "1.1"; undefined when the platform does not pass it on. */
  readonly httpVersion?: string;
  /** The request target as received, not normalised. */
  readonly target: string;
  header(name: string): string | undefined;
  readonly secure: boolean;
  readonly remoteAddress: string;
}

/** The HTTP response that takes the place of the upgrade. */
export interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Whether a request may be upgraded. */
export type Decision =
  | { readonly accepted: true; readonly chargePoint: ChargePoint }
  | { readonly accepted: false; readonly refusal: Refusal & { readonly diagnosis: Diagnosis } };

/** The parts of the app that the decision needs. */
export interface SocketApp {
  readonly chargePoints: ChargePoints;
  readonly log: Log;
}

/** The parts of the app that the transports need; the clock is for the limit of frames. */
export interface TransportApp extends SocketApp {
  readonly clock: Clock;
}

/** The diagnosis of a path without a valid identity. */
function pathDiagnosis(problem: PathProblem, target: string): Diagnosis {
  const path = target.split(/[?#]/, 1)[0]!;
  switch (problem) {
    case "notAnEndpoint":
      return diagnosis("wrong-path", `charge points connect at ${ENDPOINT}/{identity}, not at ${path}`);
    case "noIdentity":
      return diagnosis("identity-missing", `the path ${path} ends before the identity`);
    case "tooManySegments": {
      const [first, second, ...more] = path.slice(ENDPOINT.length + 1).replace(/\/$/, "").split("/");
      const isTwice = first === second && more.length === 0;
      const found = `there is more than the identity after ${ENDPOINT}/ in ${path}`;
      return isTwice ? diagnosis("identity-twice", found) : diagnosis("wrong-path", found);
    }
    case "badCharacters":
      return diagnosis("bad-characters", `the identity in ${path} has characters that are not allowed, or too many`);
  }
}

type PathProblem = Extract<PathReading, { ok: false }>["problem"];

/** Decides about one upgrade request, and reports a refusal to the connection diagnostics. */
export async function decide(request: UpgradeRequest, app: SocketApp): Promise<Decision> {
  const path = identityFromTarget(request.target);
  const decision = path.ok
    ? await decideAbout(path.identity, request, app)
    : refuse(path.problem === "badCharacters" ? 400 : 404, pathDiagnosis(path.problem, request.target));
  if (!decision.accepted) {
    const subject = { identity: path.ok ? path.identity : null, address: request.remoteAddress };
    app.chargePoints.diagnostics.note(subject, decision.refusal.diagnosis);
  }
  return decision;
}

/** Checks in this order: handshake, identity, security profile, credentials, subprotocol. */
async function decideAbout(identity: string, request: UpgradeRequest, app: SocketApp): Promise<Decision> {
  const badHandshake = refusalOfHandshake(request);
  if (badHandshake) return badHandshake;
  const onlyAsks = !wantsWebSocket(request);
  const admission = await app.chargePoints.admit({
    onlyAsks,
    identity,
    authorization: request.header("authorization"),
    secure: request.secure,
    remoteAddress: request.remoteAddress,
  });
  if (!admission.admitted) {
    const { status, retryAfterSeconds, cause, found, cure } = admission;
    const text = `${identity} was refused: ${sentences(admission)}`;
    return refuse(status, { ...(onlyAsks ? notAWebSocket(request) : { cause, found, cure }), text }, {
      ...(status === 401 && { "www-authenticate": 'Basic realm="OCPP", charset="UTF-8"' }),
      ...(retryAfterSeconds && { "retry-after": String(retryAfterSeconds) }),
    });
  }
  if (onlyAsks) {
    const text = `${identity} may connect here, with a WebSocket.`;
    return refuse(426, { ...notAWebSocket(request), text }, { upgrade: "websocket" });
  }
  const offered = request.header("sec-websocket-protocol");
  // OCPP-J 3.2 would finish the handshake and close; certification case 088 wants no upgrade at all.
  if (offered === undefined) return refuse(400, diagnosis("no-subprotocol", "it offers no WebSocket subprotocol"));
  if (!offersSubprotocol(offered)) {
    const found = `only the subprotocol ${SUBPROTOCOL} is supported, and it offers ${offered}`;
    return refuse(400, diagnosis("wrong-subprotocol", found));
  }
  return { accepted: true, chargePoint: admission.chargePoint };
}

function notAWebSocket({ method }: UpgradeRequest): Diagnosis {
  return diagnosis("not-a-websocket", `it sent a plain HTTP ${method} without an upgrade to a WebSocket`);
}

function wantsWebSocket(request: UpgradeRequest): boolean {
  return request.header("upgrade")?.toLowerCase() === "websocket";
}

/** Checks the parts of RFC 6455 4.2.1 that the WebSocket library does not check. */
function refusalOfHandshake(request: UpgradeRequest): Decision | undefined {
  const wrong = (status: number, found: string, headers?: Record<string, string>) =>
    refuse(status, diagnosis("bad-handshake", found), headers);
  if (request.method !== "GET") return wrong(405, "a WebSocket starts with GET", { allow: "GET" });
  if (!wantsWebSocket(request)) return undefined;
  if (request.httpVersion === "1.0") {
    return wrong(400, "it sent HTTP/1.0, and a WebSocket needs HTTP/1.1 (in nginx: proxy_http_version 1.1)");
  }
  if (request.header("sec-websocket-version") !== "13") {
    return wrong(426, "only version 13 of the WebSocket protocol is supported", { "sec-websocket-version": "13" });
  }
  if (!/^[A-Za-z0-9+/]{22}==$/.test(request.header("sec-websocket-key") ?? "")) {
    return wrong(400, "Sec-WebSocket-Key is missing or is not 16 bytes in base64");
  }
  return undefined;
}

/** Refuses with a diagnosis. `text` replaces it in the response. */
function refuse(
  status: number,
  { text, ...diagnosis }: Diagnosis & { readonly text?: string },
  headers: Record<string, string> = {},
): Decision {
  const body = `${text ?? sentences(diagnosis)}\n`;
  const described = { "content-type": "text/plain; charset=utf-8", ...headers };
  return { accepted: false, refusal: { status, body, headers: described, diagnosis } };
}

function sentences({ found, cure }: Diagnosis): string {
  return `${found}. ${cure}`;
}
