/**
 * Writes the audit log for all routes. Each request of an operator that does more than read gets an entry before it takes effect, so that
 * nothing is done without one. The entry gets the status afterwards. A request that is refused before that (role, body) gets one entry with its
 * status.
 */
import { MASK, maskSecrets } from "../../ocpp/secrets.ts";
import type { App } from "./app.ts";
import type { Operator } from "./operator.ts";
import { statusOf } from "./problem.ts";
import type { Route } from "./route.ts";

/** A request that is to be written to the audit log. */
export interface Writing {
  readonly route: Route;
  readonly operator: Operator;
  /** The parameters of the path, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly request: Request;
  readonly remoteAddress: string | undefined;
}

/** Of a longer body only the length is kept. */
const BODY_MAX_LENGTH = 8192;

/** Members of our own resources that hold secrets; `ocpp/secrets.ts` knows those inside OCPP payloads. */
const SECRET_MEMBERS: ReadonlySet<string> = new Set(["password", "secret"]);

/**
 * Does the work and writes its entry. The work calls `begin` with the body once all checks have passed, before it takes effect. Throws what
 * the work throws.
 */
export async function audited(
  app: App,
  writing: Writing,
  work: (begin: (body: unknown) => Promise<void>) => Promise<Response>,
): Promise<Response> {
  const { store, clock } = app;
  let number: number | undefined;
  const begin = async (body: unknown) => {
    number = await store.audit.recordRequest({
      ...entryOf(writing),
      at: clock.now(),
      request: storedBody(body),
      status: null,
    });
  };
  const end = (status: number) =>
    number === undefined
      ? store.audit.recordRequest({ ...entryOf(writing), at: clock.now(), request: null, status })
      : store.audit.recordOutcome(number, status, clock.now());
  try {
    const response = await work(begin);
    await logFailure(app, end(response.status));
    return response;
  } catch (error) {
    await logFailure(app, end(statusOf(error)));
    throw error;
  }
}

/** The request has taken effect by now, so a failed write of its status does not change the response. */
async function logFailure({ log }: App, written: Promise<unknown>): Promise<void> {
  await written.catch((error) =>
    log.error("The outcome of a request could not be written to the audit log", { error })
  );
}

function entryOf({ route, operator, params, request, remoteAddress }: Writing) {
  return {
    operatorId: operator.id,
    operatorName: operator.name,
    role: operator.role,
    method: request.method,
    route: route.path,
    path: pathOf(request),
    chargePoint: params.identity ?? null,
    remoteAddress: remoteAddress ?? "unknown",
  };
}

function pathOf({ url }: Request): string {
  const { pathname, search } = new URL(url);
  return (pathname + search).slice(0, BODY_MAX_LENGTH);
}

/** The body without secrets, as the entry stores it. */
function storedBody(body: unknown): unknown {
  if (body === undefined) return null;
  const masked = maskMembers(maskSecrets(body));
  const { length } = JSON.stringify(masked);
  return length <= BODY_MAX_LENGTH ? masked : { notKept: `${length} characters` };
}

function maskMembers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(maskMembers);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, SECRET_MEMBERS.has(name) ? MASK : maskMembers(member)]),
  );
}
