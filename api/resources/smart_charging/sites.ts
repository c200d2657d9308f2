/**
 * Sites as a resource: charge points that share one limit. `site_allocation.ts` has the route that shows the shares.
 */
import { z } from "zod";
import type { Site as Row } from "../../../db/smart_charging/sites.ts";
import { identity, moment, timeZone } from "../../http/fields.ts";
import type { App } from "../../http/app.ts";
import { Problem } from "../../http/problem.ts";
import { resource } from "../../http/resource.ts";
import type { Route } from "../../http/route.ts";

/** The heading of all routes below sites. */
export const tag = "Sites";

const CHARGE_POINTS_MAX = 1000;
const LIMIT_MAX = 10_000_000;

/** The unit of a site's limit. */
export const unit = z.enum(["A", "W"]).meta({ description: "A = amperes on each phase, W = watts over all phases" });

const limit = z.strictObject({
  value: z.number().min(0).max(LIMIT_MAX),
  unit,
  phases: z.union([z.literal(1), z.literal(3)]).default(3),
});

const MemberSettings = z.strictObject({
  weight: z.number().positive().max(1000).optional()
    .meta({ description: "The share of its transactions relative to others; absent: its label `site-weight`, or 1" }),
  maxAmps: z.number().positive().max(1000).optional()
    .meta({ description: "The most that each connector can draw, in amperes per phase; absent: 32" }),
  phases: z.union([z.literal(1), z.literal(3)]).optional().meta({ description: "Absent: as many as the limit has" }),
  phase: z.union([z.literal(1), z.literal(2), z.literal(3)]).optional()
    .meta({ description: "The phase of a single-phase charge point; absent: it counts on every phase" }),
  connectors: z.int().min(1).max(100).optional().meta({
    description: "Number of connectors; absent: as many as it has reported",
  }),
}).meta({ id: "SiteMemberSettings" });

const fields = {
  name: z.string().min(1).max(200),
  timeZone,
  limit,
  voltage: z.number().min(50).max(1000).meta({ description: "Nominal voltage between a phase and neutral" }),
  failSafe: z.number().min(0).max(LIMIT_MAX).nullable().meta({
    description:
      "The limit of each connector while it has none of its own, because its charge point is offline or its transaction has just begun; " +
      "in the limit's unit. null: 6 A if all connectors together then take at most half of the limit, else 0",
  }),
  mode: z.enum(["off", "preview", "on"]).meta({
    description:
      "off: the limit is not enforced; preview: the allocation is computed and shown, nothing is sent; on: the limit is enforced",
  }),
  chargePoints: z.array(identity).max(CHARGE_POINTS_MAX)
    .refine((list) => new Set(list).size === list.length, "A charge point is in the list more than once"),
  memberSettings: z.record(z.string(), MemberSettings).meta({
    description: "The settings of single charge points, by identity",
  }),
};

const Site = z.object({ id: z.string(), ...fields, createdAt: moment, updatedAt: moment }).meta({ id: "Site" });

const SitePut = z.strictObject({
  ...fields,
  timeZone: timeZone.default("UTC"),
  voltage: fields.voltage.default(230),
  failSafe: fields.failSafe.default(null),
  mode: fields.mode.default("off"),
  chargePoints: fields.chargePoints.default([]),
  memberSettings: fields.memberSettings.default({}),
}).check(({ value: { chargePoints, memberSettings }, issues }) => {
  for (const identity of Object.keys(memberSettings)) {
    if (chargePoints.includes(identity)) continue;
    issues.push({
      code: "custom",
      input: identity,
      path: ["memberSettings", identity],
      message: "This charge point is not in `chargePoints`",
    });
  }
}).meta({ id: "SitePut" });

const example = {
  name: "Harbour",
  timeZone: "Europe/Berlin",
  limit: { value: 63, unit: "A", phases: 3 },
  chargePoints: ["CP001"],
  mode: "preview",
} as const;

/** The resource, for its own routes and for those below a member. */
export const sites = resource({
  path: "/v1/sites",
  key: { id: z.uuid() },
  tag,
  noun: "site",
  read: "viewer",
  write: "operator",
  shows: Site,
});

async function put(app: App, id: string, body: z.output<typeof SitePut>): Promise<{ row: Row; created: boolean }> {
  const put = await app.store.sites.put(id, body, app.clock.now());
  if ("taken" in put) {
    const taken = put.taken.map(({ chargePoint, site, name }) => `${chargePoint} belongs to ${name} (${site})`);
    throw new Problem(
      "charge-point-in-another-site",
      `${taken.join(", ") || "Another site took a charge point at the same time"}. Remove it from that site first.`,
    );
  }
  app.siteLimits.changed();
  return { row: put.site, created: put.created };
}

/** CRUD; the actor of site limits then applies the change. Only in the mode `on` it sends limits. */
export const siteRoutes: readonly Route[] = [
  sites.list({ summary: "All sites, newest first", load: ({ app, page }) => app.store.sites.list(page) }),
  sites.create({
    summary: "Creates a site: charge points that share one limit",
    body: SitePut,
    example,
    async save({ app, body }) {
      const id = crypto.randomUUID();
      return { id, row: (await put(app, id, body)).row };
    },
  }),
  sites.find({ summary: "One site", load: ({ app, id }) => app.store.sites.find(id) }),
  sites.put({
    summary: "Creates a site with this id, or replaces it",
    description:
      "When the mode changes from `on` to another one, or a charge point leaves the site, its charging profiles are cleared.",
    body: SitePut,
    example: { ...example, mode: "on" },
    save: ({ app, id, body }) => put(app, id, body),
  }),
  sites.remove({
    summary: "Removes a site; its charging profiles are cleared as soon as their charge points are connected",
    async remove({ app, id }) {
      const removed = await app.store.sites.remove(id);
      if (removed) app.siteLimits.changed();
      return removed;
    },
  }),
];
