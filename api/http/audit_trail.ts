/**
 * The audit trail of the API, written here for all routes. Whatever an operator's key asks for that is not mere reading is an entry: before
 * anything is done, so that nothing is ever done without one, and again with its outcome. What is refused beforehand (no role, a wrong
 * body) is one entry with its status.
 */
import { MASK, maskSecrets } from "../../ocpp/secrets.ts";
import type { App } from "./app.ts";
import type { Operator } from "./operator.ts";
import { statusOf } from "./problem.ts";
import type { Route } from "./route.ts";

/** Who asks for what. */
export interface Writing {
  readonly route: Route;
  readonly operator: Operator;
  /** As in the path, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly request: Request;
  readonly remoteAddress: string | undefined;
}

/** A longer body is not kept, only its length. */
const BODY_MAX_LENGTH = 8192;

/** Members of our own resources that hold secrets; those inside OCPP payloads are known by ocpp/secrets.ts. */
const SECRET_MEMBERS: ReadonlySet<string> = new Set(["password", "secret"]);

/**
 * Does a work and keeps record of it. The work calls `begin` with the body that it has read, when nothing stands between it
 * and its effect any more. Throws what the work throws.
 */
export async function audited(
  app: App,
  writing: Writing,
  work: (begin: (body: unknown) => Promise<void>) => Promise<Response>,
): Promise<Response> {
  const { store, clock } = app;
  let number: number | undefined;
  const begin = async (body: unknown) => {
    number = await store.audit.ask({ ...entryOf(writing), at: clock.now(), request: kept(body), status: null });
  };
  const end = (status: number) =>
    number === undefined
      ? store.audit.ask({ ...entryOf(writing), at: clock.now(), request: null, status })
      : store.audit.settle(number, status, clock.now());
  try {
    const response = await work(begin);
    await noted(app, end(response.status));
    return response;
  } catch (error) {
    await noted(app, end(statusOf(error)));
    throw error;
  }
}

/** The request has been dealt with: it is not answered otherwise because its outcome could not be written down. */
async function noted({ log }: App, written: Promise<unknown>): Promise<void> {
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

/** A body as it is kept. */
function kept(body: unknown): unknown {
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
