/**
 * Sites as a resource: charge points under one limit. What a site's limit is shared into is shown by site_allocation.ts.
 */
import { z } from "zod";
import type { Site as Row } from "../../../db/smart_charging/sites.ts";
import { identity, moment, timeZone } from "../../http/fields.ts";
import type { App } from "../../http/app.ts";
import { Problem } from "../../http/problem.ts";
import { resource } from "../../http/resource.ts";
import type { Route } from "../../http/route.ts";

/** The heading of all routes of sites. */
export const tag = "Sites";

const CHARGE_POINTS_MAX = 1000;
const LIMIT_MAX = 10_000_000;

export const unit = z.enum(["A", "W"]).meta({ description: "A = amperes on each phase, W = watts over all phases" });

const limit = z.strictObject({
  value: z.number().min(0).max(LIMIT_MAX),
  unit,
  phases: z.union([z.literal(1), z.literal(3)]).default(3),
});

const MemberSettings = z.strictObject({
  weight: z.number().positive().max(1000).optional()
    .meta({ description: "Its sessions' share in proportion to others; absent: its label `site-weight`, or 1" }),
  maxAmps: z.number().positive().max(1000).optional()
    .meta({ description: "What each connector can draw at most, per phase; absent: 32" }),
  phases: z.union([z.literal(1), z.literal(3)]).optional().meta({ description: "Absent: as many as the limit has" }),
  phase: z.union([z.literal(1), z.literal(2), z.literal(3)]).optional()
    .meta({ description: "Of a single-phase charge point; absent: it counts on all" }),
  connectors: z.int().min(1).max(100).optional().meta({ description: "Absent: as many as it has told of" }),
}).meta({ id: "SiteParticulars" });

const fields = {
  name: z.string().min(1).max(200),
  timeZone,
  limit,
  voltage: z.number().min(50).max(1000).meta({ description: "Nominal, between a phase and neutral" }),
  failSafe: z.number().min(0).max(LIMIT_MAX).nullable().meta({
    description:
      "What each connector may draw without a limit of its own, in the limit's unit: when its charge point is offline, or a " +
      "transaction has just begun. null: 6 A when that takes at most half of the limit for all, else 0",
  }),
  mode: z.enum(["off", "preview", "on"]).meta({
    description: "off: nothing is kept; preview: the allocation is shown, nothing is sent; on: the limit is kept",
  }),
  chargePoints: z.array(identity).max(CHARGE_POINTS_MAX)
    .refine((list) => new Set(list).size === list.length, "Each charge point only once"),
  memberSettings: z.record(z.string(), MemberSettings).meta({ description: "By identity" }),
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
      message: "Not among the chargePoints",
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

/** Sites, for the routes below one of them. */
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
    const whose = put.taken.map(({ chargePoint, site, name }) => `${chargePoint} belongs to ${name} (${site})`);
    throw new Problem(
      "charge-point-in-another-site",
      `${whose.join(", ") || "A charge point was taken by another site in this moment"}. Remove it there first.`,
    );
  }
  app.siteLimits.changed();
  return { row: put.site, created: put.created };
}

/** A site's mode decides whether anything is sent. */
export const siteRoutes: readonly Route[] = [
  sites.list({ summary: "All sites, newest first", load: ({ app, page }) => app.store.sites.list(page) }),
  sites.create({
    summary: "Makes a site: charge points that share one limit",
    body: SitePut,
    example,
    async save({ app, body }) {
      const id = crypto.randomUUID();
      return { id, row: (await put(app, id, body)).row };
    },
  }),
  sites.find({ summary: "One site", load: ({ app, id }) => app.store.sites.find(id) }),
  sites.put({
    summary: "Makes a site with this id, or replaces it",
    description: "From `on` to another mode, and for charge points that leave, what was installed is cleared again.",
    body: SitePut,
    example: { ...example, mode: "on" },
    save: ({ app, id, body }) => put(app, id, body),
  }),
  sites.remove({
    summary: "Removes a site; what was installed at its charge points is cleared, when they are connected",
    async remove({ app, id }) {
      const removed = await app.store.sites.remove(id);
      if (removed) app.siteLimits.changed();
      return removed;
    },
  }),
];
