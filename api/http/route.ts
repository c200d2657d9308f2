/**
 * The declaration of a route. Each resource's file declares its routes with `route`: path, role, request and responses.
 * Authentication, validation, the OpenAPI document and the test that walks all routes follow from it.
 */
import type { z } from "zod";
import type { ServedFile } from "./file_answer.ts";
import type { ReceivedFile, TakesFile } from "./file_body.ts";
import type { App } from "./app.ts";
import type { Operator, Role } from "./operator.ts";

/** The least role that a request needs; `open` needs no key. */
export type Access = "open" | Role;

/** The input of a route's `handle`: checked, decoded, and only what was declared. */
export interface Asked<
  Params = unknown,
  Query = unknown,
  Body = unknown,
  A extends Access = Role,
  File = ReceivedFile | undefined,
> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** The file, when the route takes one. It is removed afterwards unless `handle` keeps it. */
  readonly file: File;
  readonly operator: A extends "open" ? null : Operator;
  readonly headers: Headers;
  readonly app: App;
}

/** What `handle` returns. `body` is encoded by the schema of its status: times become text, and undeclared fields are left out. */
export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  /** Instead of a body: an endless stream of the route's `stream` type. */
  readonly stream?: ReadableStream<Uint8Array>;
  /** Instead of a body: a file, of which the requested range is sent. */
  readonly file?: ServedFile;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The schema of each status of a route, without its problems. */
export type Answers = Readonly<Record<number, z.ZodType>>;

type AnswerOf<A extends Answers> =
  | {
    [Status in keyof A]: {
      readonly status: Status;
      readonly body: z.output<A[Status]>;
      readonly headers?: Answer["headers"];
    };
  }[keyof A]
  | { readonly status: 200; readonly stream: ReadableStream<Uint8Array> }
  | { readonly status: 200; readonly file: ServedFile };

/** A declared route. */
export interface Route {
  readonly method: "get" | "put" | "post" | "patch" | "delete";
  /** In OpenAPI's form: `/v1/id-tags/{idTag}`. */
  readonly path: string;
  readonly access: Access;
  /** The route's heading in the OpenAPI document. */
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly params?: z.ZodObject;
  /** The last parameter, when it takes the rest of the path, which may have slashes or be empty. */
  readonly rest?: string;
  readonly query?: z.ZodObject;
  /** JSON; a missing body counts as `{}`. When the route takes a file: the other fields of its form, which are texts. */
  readonly body?: z.ZodType;
  /** The request has a file, which is on the disk before `handle` is called. */
  readonly takes?: TakesFile<Asked>;
  /** A valid body. */
  readonly example?: unknown;
  readonly answers: Answers;
  /** The media type of a response that is text. Without it responses are JSON. */
  readonly contentType?: string;
  /** The media type of a response that is a stream. */
  readonly stream?: string;
  /** The query flag with which a GET also sends a command, so that it belongs in the audit log. */
  readonly sendsIf?: string;
  /** The items of a list that is also available as CSV, with a column for each field. */
  readonly csv?: z.ZodObject;
  /** For charge points: a problem is a sentence of plain text instead of a document. */
  readonly plain?: boolean;
  handle(asked: Asked): Promise<Answer> | Answer;
}

type Output<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;

/** A route whose handler is typed by its schemas. */
interface Declared<A, Responses extends Answers, Params, Query, Body, Asking>
  extends Omit<Route, "access" | "params" | "query" | "body" | "takes" | "answers" | "handle"> {
  readonly access: A;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  readonly answers: Responses;
  handle(asked: Asking): Promise<AnswerOf<Responses>> | AnswerOf<Responses>;
}

/** Declares a route. The identity function, whose types bind `handle` to the schemas. */
export function route<
  const A extends Access,
  Responses extends Answers,
  Params extends z.ZodObject | undefined = undefined,
  Query extends z.ZodObject | undefined = undefined,
  Body extends z.ZodType | undefined = undefined,
>(
  declared: Declared<
    A,
    Responses,
    Params,
    Query,
    Body,
    Asked<Output<Params>, Output<Query>, Output<Body>, A, undefined>
  >,
): Route {
  return declared as unknown as Route;
}

/** Declares a route whose requests have a file. */
export function fileRoute<
  const A extends Access,
  Responses extends Answers,
  Params extends z.ZodObject | undefined = undefined,
  Query extends z.ZodObject | undefined = undefined,
  Body extends z.ZodObject | undefined = undefined,
>(
  declared:
    & Declared<A, Responses, Params, Query, Body, Asked<Output<Params>, Output<Query>, Output<Body>, A, ReceivedFile>>
    & { readonly takes: TakesFile<Asked<Output<Params>, Output<Query>, undefined, A, undefined>> },
): Route {
  return declared as unknown as Route;
}

/** 200 with a body. */
export function ok<T>(body: T): { readonly status: 200; readonly body: T } {
  return { status: 200, body };
}

/** 201 with the path of the new resource. */
export function created<T>(body: T, location: string) {
  return { status: 201, body, headers: { Location: location } } as const;
}

/** 204 without a body. */
export const done = { status: 204, body: undefined } as const;
