/**
 * The charge points' WebSocket endpoint, `/ocpp/{identity}`: decides about an upgrade request, whichever transport carries it. A refusal is
 * plain HTTP before the upgrade, with the cause and the cure as its body, because installers read it in a browser or with curl: a request that
 * asks for no upgrade is answered with what a charge point would be told.
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

/** An upgrade request, as far as it is looked at. Header names are lower case. */
export interface UpgradeRequest {
  readonly method: string;
  /** Such as "1.1"; undefined where the platform does not tell. */
  readonly httpVersion?: string;
  /** The request target exactly as it came, not normalised. */
  readonly target: string;
  header(name: string): string | undefined;
  readonly secure: boolean;
  readonly remoteAddress: string;
}

/** An HTTP answer instead of the upgrade. */
export interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type Decision =
  | { readonly accepted: true; readonly chargePoint: ChargePoint }
  | { readonly accepted: false; readonly refusal: Refusal & { readonly diagnosis: Diagnosis } };

/** What the endpoint needs of the app. */
export interface SocketApp {
  readonly chargePoints: ChargePoints;
  readonly log: Log;
}

/** What the transports need besides: they bound how much comes in a time. */
export interface TransportApp extends SocketApp {
  readonly clock: Clock;
}

/** Why the path names no charge point, for the installer. */
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
      const found = `there is more than the identity behind ${ENDPOINT}/ in ${path}`;
      return isTwice ? diagnosis("identity-twice", found) : diagnosis("wrong-path", found);
    }
    case "badCharacters":
      return diagnosis("bad-characters", `the identity in ${path} has characters that are not allowed, or too many`);
  }
}

type PathProblem = Extract<PathReading, { ok: false }>["problem"];

/** Decides about one upgrade request; a refusal is told to the diagnostics. */
export async function decide(request: UpgradeRequest, app: SocketApp): Promise<Decision> {
  const path = identityFromTarget(request.target);
  const decision = path.ok
    ? await decideAbout(path.identity, request, app)
    : refuse(path.problem === "badCharacters" ? 400 : 404, pathDiagnosis(path.problem, request.target));
  if (!decision.accepted) {
    const patient = { identity: path.ok ? path.identity : null, address: request.remoteAddress };
    app.chargePoints.diagnostics.note(patient, decision.refusal.diagnosis);
  }
  return decision;
}

/** In the order handshake, identity, security profile, credentials, subprotocol. */
async function decideAbout(identity: string, request: UpgradeRequest, app: SocketApp): Promise<Decision> {
  const wrong = handshakeProblem(request);
  if (wrong) return wrong;
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
    const said = `${identity} was refused: ${sentences(admission)}`;
    return refuse(status, { ...(onlyAsks ? notAWebSocket(request) : { cause, found, cure }), said }, {
      ...(status === 401 && { "www-authenticate": 'Basic realm="OCPP", charset="UTF-8"' }),
      ...(retryAfterSeconds && { "retry-after": String(retryAfterSeconds) }),
    });
  }
  if (onlyAsks) {
    const said = `${identity} may connect here, with a WebSocket.`;
    return refuse(426, { ...notAWebSocket(request), said }, { upgrade: "websocket" });
  }
  const offered = request.header("sec-websocket-protocol");
  // OCPP-J 3.2 would finish the handshake and close; certification case 088 wants no upgrade at all.
  if (offered === undefined) return refuse(400, diagnosis("no-subprotocol", "it offers no WebSocket subprotocol"));
  if (!offersSubprotocol(offered)) {
    const found = `only the subprotocol ${SUBPROTOCOL} is spoken here, it offers ${offered}`;
    return refuse(400, diagnosis("wrong-subprotocol", found));
  }
  return { accepted: true, chargePoint: admission.chargePoint };
}

function notAWebSocket({ method }: UpgradeRequest): Diagnosis {
  return diagnosis("not-a-websocket", `a plain HTTP ${method} came, without an upgrade to a WebSocket`);
}

function wantsWebSocket(request: UpgradeRequest): boolean {
  return request.header("upgrade")?.toLowerCase() === "websocket";
}

/** RFC 6455 4.2.1, the parts that libraries forgive. */
function handshakeProblem(request: UpgradeRequest): Decision | undefined {
  const wrong = (status: number, found: string, headers?: Record<string, string>) =>
    refuse(status, diagnosis("bad-handshake", found), headers);
  if (request.method !== "GET") return wrong(405, "a WebSocket starts with GET", { allow: "GET" });
  if (!wantsWebSocket(request)) return undefined;
  if (request.httpVersion === "1.0") {
    return wrong(400, "a WebSocket needs HTTP/1.1, and 1.0 came (nginx has to be told: proxy_http_version 1.1)");
  }
  if (request.header("sec-websocket-version") !== "13") {
    return wrong(426, "only version 13 of the WebSocket protocol is spoken here", { "sec-websocket-version": "13" });
  }
  if (!/^[A-Za-z0-9+/]{22}==$/.test(request.header("sec-websocket-key") ?? "")) {
    return wrong(400, "Sec-WebSocket-Key is missing or is not 16 bytes in base64");
  }
  return undefined;
}

/** Refuses with a diagnosis; `said` are the words of the answer where they are others. */
function refuse(
  status: number,
  { said, ...diagnosis }: Diagnosis & { readonly said?: string },
  headers: Record<string, string> = {},
): Decision {
  const body = `${said ?? sentences(diagnosis)}\n`;
  const described = { "content-type": "text/plain; charset=utf-8", ...headers };
  return { accepted: false, refusal: { status, body, headers: described, diagnosis } };
}

function sentences({ found, cure }: Diagnosis): string {
  return `${found}. ${cure}`;
}
