/**
 * Plain resources: a list, and members under a key. `resource` takes what all operations share and makes the route of each operation, with
 * the paths, the key in the path, 404 for an unknown key, and 201 with a Location.
 */
import { z } from "zod";
import type { Listed, Page } from "../../db/engine/list_page.ts";
import type { App } from "./app.ts";
import { nothing } from "./fields.ts";
import { listOf, listQuery, pageAndFilter } from "./list.ts";
import type { Role } from "./operator.ts";
import { notFound, type Problem } from "./problem.ts";
import { type Asked, created, done, ok, type Route } from "./route.ts";

/** What all operations of a resource share. */
export interface Shared<Name extends string, Item extends z.ZodType> {
  /** The list's path, such as `/v1/id-tags`. */
  readonly path: string;
  /** The path parameter of a member: its name and its schema. */
  readonly key: Readonly<Record<Name, z.ZodType<string>>>;
  readonly tag: string;
  /** The word for a member in "There is no id tag X". */
  readonly noun: string;
  /** The least role that may read. */
  readonly read: Role;
  /** The least role that may write. */
  readonly write: Role;
  /** The schema of a member in responses. */
  readonly shows: Item;
}

/** What the OpenAPI document says about an operation. */
type Documented = Pick<Route, "summary" | "description" | "example" | "csv">;

/** The input of an operation on a member. */
interface OnMember {
  readonly app: App;
  readonly id: string;
}

/** A list. */
export interface ListOperation<Filters extends z.ZodRawShape, Item extends z.ZodType> extends Documented {
  readonly filters?: Filters;
  /** The schema of the items, when it differs from `shows`. */
  readonly items?: Item;
  load(
    asked: { readonly app: App; readonly filter: z.output<z.ZodObject<Filters>>; readonly page: Page },
  ): Promise<Listed<z.output<Item>>>;
}

/** GET of a member; undefined: there is none. */
export interface FindOperation<Row> extends Documented {
  load(asked: OnMember): Promise<Row | undefined>;
}

/** POST to the list; the server chooses the key. */
export interface CreateOperation<Body extends z.ZodType, Made extends z.ZodType> extends Documented {
  readonly body: Body;
  /** The schema of the response 201, when it differs from `shows`. */
  readonly made?: Made;
  save(
    asked: { readonly app: App; readonly body: z.output<Body> },
  ): Promise<{ readonly id: string; readonly row: z.output<Made> }>;
}

/** PUT of a member. */
export interface PutOperation<Body extends z.ZodType, Made extends z.ZodType> extends Documented {
  readonly body: Body;
  /** The schema of the response 201, when it differs from `shows`. */
  readonly made?: Made;
  save(
    asked: OnMember & { readonly body: z.output<Body> },
  ): Promise<{ readonly row: z.output<Made>; readonly created: boolean }>;
}

/** PATCH of a member; undefined: there is none. */
export interface PatchOperation<Body extends z.ZodType, Row> extends Documented {
  readonly body: Body;
  save(asked: OnMember & { readonly body: z.output<Body> }): Promise<Row | undefined>;
}

/** DELETE of a member; false: there is none. */
export interface RemoveOperation extends Documented {
  remove(asked: OnMember): Promise<boolean>;
}

/** Declares a resource. Returns a function for each operation that makes its route, and what routes below a member need. */
export function resource<Name extends string, Item extends z.ZodType>(shared: Shared<Name, Item>) {
  const { path, key, tag, noun, read, write, shows } = shared;
  const [name] = Object.keys(key) as [Name];
  const params = z.strictObject(key);
  const missing = (id: string): Problem => notFound(`There is no ${noun} ${id}`);
  const placeOf = (id: string) => `${path}/${encodeURIComponent(id)}`;
  const onList = { path, tag };
  const onMember = { path: `${path}/{${name}}`, tag, params };
  const memberOf = ({ params, ...asked }: Asked) => ({ ...asked, id: (params as Record<Name, string>)[name] });
  const there = <Row>(row: Row | undefined, id: string): Row => {
    if (row === undefined) throw missing(id);
    return row;
  };

  return {
    params,
    missing,

    list<Filters extends z.ZodRawShape = Record<never, never>, Listing extends z.ZodType = Item>(
      { filters, items, load, ...documented }: ListOperation<Filters, Listing>,
    ): Route {
      return {
        ...{ ...onList, ...documented, method: "get", access: read, query: listQuery(filters ?? {}) },
        answers: { 200: listOf(items ?? shows) },
        handle: async ({ query, app }) => {
          const { filter, page } = pageAndFilter(query as { limit: number; cursor?: string });
          return ok(await load({ app, filter: filter as z.output<z.ZodObject<Filters>>, page }));
        },
      };
    },

    find({ load, ...documented }: FindOperation<z.output<Item>>): Route {
      return {
        ...{ ...onMember, ...documented, method: "get", access: read, answers: { 200: shows } },
        handle: async (asked) => {
          const member = memberOf(asked);
          return ok(there(await load(member), member.id));
        },
      };
    },

    create<Body extends z.ZodType, Made extends z.ZodType = Item>(
      { made, save, ...documented }: CreateOperation<Body, Made>,
    ): Route {
      return {
        ...{ ...onList, ...documented, method: "post", access: write, answers: { 201: made ?? shows } },
        handle: async ({ app, body }) => {
          const { id, row } = await save({ app, body: body as z.output<Body> });
          return created(row, placeOf(id));
        },
      };
    },

    put<Body extends z.ZodType, Made extends z.ZodType = Item>(
      { made, save, ...documented }: PutOperation<Body, Made>,
    ): Route {
      return {
        ...{ ...onMember, ...documented, method: "put", access: write, answers: { 200: shows, 201: made ?? shows } },
        handle: async (asked) => {
          const member = memberOf(asked);
          const { row, created: isNew } = await save({ ...member, body: asked.body as z.output<Body> });
          return isNew ? created(row, placeOf(member.id)) : ok(row);
        },
      };
    },

    patch<Body extends z.ZodType>({ save, ...documented }: PatchOperation<Body, z.output<Item>>): Route {
      return {
        ...{ ...onMember, ...documented, method: "patch", access: write, answers: { 200: shows } },
        handle: async (asked) => {
          const member = memberOf(asked);
          return ok(there(await save({ ...member, body: asked.body as z.output<Body> }), member.id));
        },
      };
    },

    remove({ remove, ...documented }: RemoveOperation): Route {
      return {
        ...{ ...onMember, ...documented, method: "delete", access: write, answers: { 204: nothing } },
        handle: async (asked) => {
          const member = memberOf(asked);
          if (!await remove(member)) throw missing(member.id);
          return done;
        },
      };
    },
  };
}
