/**
 * Every error of the API is a problem document (RFC 9457). The catalogue names each kind once, with its status and title. A route
 * throws `Problem`; errors of the layers below are translated here. An unexpected error becomes a 500 with a trace id and without details,
 * and the log has the error under that id.
 */
import { z } from "zod";
import { CommandRefused } from "../../actors/charge_point/command_refusals.ts";
import type { Log } from "../../actors/runtime/log.ts";
import { isDiskFull, StoreError } from "../../db/engine/errors.ts";
import { FolderError } from "../../db/firmware_management/file_folder.ts";
import { BadCursor } from "../../db/engine/list_page.ts";
import { maskSecrets } from "../../ocpp/secrets.ts";

const CATALOGUE = {
  "invalid-request": [400, "The request is not valid"],
  "invalid-json": [400, "The body is not JSON"],
  "body-incomplete": [400, "The body is incomplete"],
  "unauthorized": [401, "An API key is needed"],
  "forbidden": [403, "The API key's role does not allow this"],
  "not-found": [404, "There is no such resource"],
  "charge-point-unknown": [404, "There is no such charge point"],
  "method-not-allowed": [405, "The resource does not support this method"],
  "charge-point-offline": [409, "The charge point is not connected"],
  "not-queueable": [409, "The charge point is not connected, and this command cannot wait for it"],
  "not-accepted": [409, "The charge point's registration does not allow this"],
  "boot-notification-not-triggerable": [409, "A BootNotification cannot be triggered on an accepted charge point"],
  "security-profile-not-lowered": [409, "The security profile is never lowered over OCPP"],
  "local-list-busy": [409, "The local list is already being synchronised"],
  "charge-point-in-another-site": [409, "The charge point belongs to another site"],
  "firmware-campaign-state": [409, "The state of the firmware campaign does not allow this"],
  "file-in-use": [409, "A firmware campaign uses the file"],
  "command-not-queued": [409, "The command is no longer queued"],
  "upload-received": [409, "A file was already uploaded to this address"],
  "reservation-ambiguous": [409, "Several charge points have a reservation with this id"],
  "idempotency-key-in-use": [409, "The first request with this Idempotency-Key is still running"],
  "idempotency-key-interrupted": [409, "The first request with this Idempotency-Key was interrupted"],
  "request-timeout": [408, "The body arrived too slowly"],
  "gone": [410, "The address is no longer valid"],
  "content-too-large": [413, "The body is too large"],
  "unsupported-media-type": [415, "The media type of the body is not supported"],
  "range-not-satisfiable": [416, "The file has no such range"],
  "idempotency-key-reuse": [422, "The Idempotency-Key was used for another request"],
  "too-many-attempts": [429, "This address sent too many unknown API keys"],
  "command-queue-full": [429, "Too many commands are waiting for the charge point"],
  "internal-error": [500, "The request failed because of an internal error"],
  "database-unavailable": [503, "The database did not answer"],
  "not-ready": [503, "The Central System is not ready"],
  "too-many-transfers": [503, "Too many files are being transferred"],
  "insufficient-storage": [507, "The file could not be stored"],
} as const;

/** The stable last part of a problem's `type`. */
export type ProblemSlug = keyof typeof CATALOGUE;

/** Every kind of problem, as the OpenAPI document lists them. */
export const PROBLEMS = Object.entries(CATALOGUE).map(([slug, [status, title]]) => ({
  type: `/problems/${slug}`,
  status,
  title,
}));

/** One thing that is wrong with the request, and where: a JSON pointer into its body, query, path or headers. */
export interface Fault {
  readonly in: "body" | "query" | "path" | "header";
  readonly pointer: string;
  readonly detail: string;
}

/** The error that routes throw; `problemResponse` turns it into the response. */
export class Problem extends Error {
  override readonly name = "Problem";

  constructor(
    readonly slug: ProblemSlug,
    readonly detail: string,
    readonly more: { readonly errors?: readonly Fault[]; readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(detail);
  }
}

/** 404; the detail names what is missing. */
export function notFound(detail: string): Problem {
  return new Problem("not-found", detail);
}

/** 400 for a connection that ended in the middle of the body. It reaches no client, and it keeps this case from being logged as our error. */
export function incomplete(): Problem {
  return new Problem("body-incomplete", "The connection ended in the middle of the body");
}

/** 400 for one fault. */
export function invalid(fault: Fault): Problem {
  return new Problem("invalid-request", fault.detail, { errors: [fault] });
}

/** The problem document's schema in OpenAPI. */
export const ProblemDocument = z.object({
  type: z.string().meta({ description: "A relative URI; its last part is stable", example: "/problems/not-found" }),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  instance: z.string().meta({ description: "The path of the request" }),
  errors: z.array(
    z.object({ in: z.enum(["body", "query", "path", "header"]), pointer: z.string(), detail: z.string() }),
  )
    .optional(),
  traceId: z.string().meta({ description: "The log has the details of an internal error under this id" }),
}).meta({ id: "Problem", description: "An error (RFC 9457)" });

/** The response to a request that failed. Only unexpected errors are logged, with their cause. */
export function problemResponse(error: unknown, request: Request, log: Log): Response {
  const { slug, detail, more } = problemFor(error);
  const [status, title] = CATALOGUE[slug];
  const instance = pathOf(request.url);
  const traceId = crypto.randomUUID();
  if (status >= 500 && !(error instanceof Problem)) {
    // The path may contain the token of a file's address, which can be used again.
    log.error(`${request.method} ${pathOf(String(maskSecrets(request.url)))} failed: ${title}`, { traceId, error });
  }
  return Response.json(
    { type: `/problems/${slug}`, title, status, detail, instance, errors: more.errors, traceId },
    { status, headers: { ...more.headers, "Content-Type": "application/problem+json", "Cache-Control": "no-store" } },
  );
}

function pathOf(url: string): string {
  return new URL(url).pathname;
}

/** The same as one sentence of plain text, for charge points. */
export function plainResponse(error: unknown, request: Request, log: Log): Response {
  const problem = problemResponse(error, request, log);
  const headers = new Headers(problem.headers);
  headers.set("Content-Type", "text/plain; charset=utf-8");
  const { detail } = problemFor(error);
  return new Response(`${detail}\n`, { status: problem.status, headers });
}

/** The HTTP status of the response to an error. */
export function statusOf(error: unknown): number {
  return CATALOGUE[problemFor(error).slug][0];
}

const SOON = { headers: { "Retry-After": "5" } };

/** The problem for any error; an unknown one is an internal error. */
export function problemFor(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof CommandRefused) {
    return new Problem(error.slug, error.detail, error.slug === "command-queue-full" ? SOON : {});
  }
  if (error instanceof FolderError) {
    return error.kind === "tooLarge"
      ? new Problem("content-too-large", error.message)
      : new Problem("insufficient-storage", "The file could not be written to the disk; the log has the error");
  }
  if (error instanceof BadCursor) {
    return invalid({
      in: "query",
      pointer: "/cursor",
      detail: "The cursor is not from this list; take `next` of its last page",
    });
  }
  if (error instanceof StoreError && error.kind === "unknownOutcome") {
    return new Problem(
      "database-unavailable",
      "Whether the request took effect is not known; check before you repeat it",
      SOON,
    );
  }
  if (isDiskFull(error)) {
    return new Problem("database-unavailable", "The disk of the database is full; the request took no effect", SOON);
  }
  return new Problem("internal-error", "The log has the cause under the trace id");
}
