import { z } from "zod";
import { uuidVersion7 } from "../../../actors/runtime/uuid.ts";
import type { FirmwareCampaign as Row } from "../../../db/firmware_management/firmware_campaigns.ts";
import { commandState } from "../command.ts";
import { identity, moment } from "../../http/fields.ts";
import type { App } from "../../http/app.ts";
import { listOf, listQuery, pageAndFilter } from "../../http/list.ts";
import { invalid, notFound, Problem } from "../../http/problem.ts";
import { created, ok, type Route, route } from "../../http/route.ts";
import { requireScheme } from "./scheme.ts";
import { Campaign, campaignState, NewCampaign, targetOutcome, Targets, viewOf } from "./firmware_campaign.ts";

const tag = "Firmware";
const params = z.strictObject({ id: z.uuid() });

const example = {
  location: "https://files.example.org/firmware/duo22-3.5.0.bin",
  version: "3.5.0",
  targets: { vendor: "Example", model: "Duo22" },
  waves: [5, 50, 100],
  maxConcurrent: 20,
  abortAboveFailures: 10,
  retries: 1,
  window: { from: "02:00", to: "05:00", timeZone: "Europe/Berlin" },
};

const exclusion = z.enum(["unknown", "alreadyInstalled", "inOtherCampaign"]);

const Preview = z.object({
  targets: z.int(),
  excluded: z.array(z.object({ reason: exclusion, count: z.int() })),
  sample: z.array(
    z.object({ chargePoint: z.string(), firmwareVersion: z.string().nullable(), excluded: exclusion.nullable() }),
  ).meta({ description: "Some of those that would be targets, and some that are left out" }),
}).meta({ id: "FirmwareCampaignPreview" });

const Target = z.object({
  chargePoint: identity,
  wave: z.int().meta({ description: "0: left out from the beginning" }),
  state: z.enum(["waiting", "commanded", "ended"]),
  outcome: targetOutcome.nullable(),
  detail: z.string().nullable(),
  attempts: z.int(),
  commandId: z.string().nullable().meta({ description: "Of the latest UpdateFirmware" }),
  commandState: commandState.nullable(),
  status: z.string().nullable().meta({ description: "The furthest that it reported since" }),
  statusSince: moment.nullable(),
  version: z.string().nullable().meta({ description: "Of the last boot" }),
  commandedAt: moment.nullable(),
  nextAttemptAt: moment.nullable(),
  endedAt: moment.nullable(),
}).meta({ id: "FirmwareCampaignTarget" });

async function viewsOf(rows: readonly Row[], { store, clock }: App): Promise<z.output<typeof Campaign>[]> {
  const counts = await store.firmwareCampaigns.countTargets(rows.map(({ id }) => id));
  return rows.map((row) => viewOf(row, counts.get(row.id) ?? [], clock.now()));
}

/** Throws the problem of a campaign that has no image, or two, or one that is not there. */
async function requireImage({ location, file }: Pick<Row, "location" | "file">, { store }: App): Promise<void> {
  if ((location === null) === (file === null)) {
    throw invalid({ in: "body", pointer: "/location", detail: "Give either a location or a file" });
  }
  if (file !== null && !await store.files.find(file)) {
    throw invalid({ in: "body", pointer: "/file", detail: `There is no file ${file}` });
  }
}

/** The campaign, or the problem of 404. */
async function find(id: string, { store }: App): Promise<Row> {
  const found = await store.firmwareCampaigns.find(id);
  if (!found) throw notFound(`There is no firmware campaign ${id}`);
  return found;
}

/** What an operator does to a campaign. Doing it again changes nothing; `does` is undefined when its state does not allow it. */
interface Verb {
  readonly name: "start" | "pause" | "resume" | "abort";
  readonly summary: string;
  /** The state that the campaign is in afterwards, and so also when it was done before. */
  readonly leadsTo: Row["state"];
  readonly cure: string;
  does(campaign: Row, app: App, now: Date): Promise<Row | undefined>;
}

const VERBS: readonly Verb[] = [
  {
    name: "start",
    summary: "Chooses the targets as they are now, and begins with the first wave",
    leadsTo: "running",
    cure: "Only a draft is started; a paused one is resumed, and for one that is over make a new one.",
    does: (campaign, { store }, now) => store.firmwareCampaigns.start(campaign, now),
  },
  {
    name: "pause",
    summary: "Sends nothing more until it is resumed; updates under way go on",
    leadsTo: "paused",
    cure: "Only a running one is paused.",
    does: ({ id }, { store }, now) => store.firmwareCampaigns.setPaused(id, true, null, now),
  },
  {
    name: "resume",
    summary: "Goes on where it was paused",
    leadsTo: "running",
    cure: "Only a paused one is resumed; a draft is started.",
    does: ({ id }, { store }, now) => store.firmwareCampaigns.setPaused(id, false, null, now),
  },
  {
    name: "abort",
    summary: "Sends nothing more, for good; updates under way go on and are followed to their end",
    leadsTo: "aborted",
    cure: "It is over already.",
    does: ({ id }, { store }, now) => store.firmwareCampaigns.abort(id, null, now),
  },
];

function verbRoute({ name, summary, leadsTo, cure, does }: Verb): Route {
  return route({
    method: "post",
    path: `/v1/firmware-campaigns/{id}/${name}`,
    access: "operator",
    tag,
    summary,
    params,
    body: z.strictObject({}),
    answers: { 200: Campaign },
    handle: async ({ params: { id }, app }) => {
      const campaign = await find(id, app);
      const changed = await does(campaign, app, app.clock.now());
      if (changed) app.firmwareCampaigns.changed(id);
      const after = changed ?? await find(id, app);
      if (after.state !== leadsTo) {
        throw new Problem("firmware-campaign-state", `The campaign is ${after.state}. ${cure}`);
      }
      return ok((await viewsOf([after], app))[0]!);
    },
  });
}

/** Firmware for many charge points, in waves. */
export const firmwareCampaignRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/v1/firmware-campaigns",
    access: "viewer",
    tag,
    summary: "All firmware campaigns, newest first",
    query: listQuery({ state: campaignState.optional() }),
    answers: { 200: listOf(Campaign) },
    handle: async ({ query, app }) => {
      const { page, filter } = pageAndFilter(query);
      const { items, next } = await app.store.firmwareCampaigns.list(filter, page);
      return ok({ items: await viewsOf(items, app), next });
    },
  }),
  route({
    method: "post",
    path: "/v1/firmware-campaigns",
    access: "operator",
    tag,
    summary: "Makes a firmware campaign as a draft: nothing is sent before it is started",
    body: NewCampaign,
    example,
    answers: { 201: Campaign },
    handle: async ({ body: { window, ...body }, operator, app }) => {
      const now = app.clock.now();
      await requireImage(body, app);
      requireScheme(body.scheme, app);
      const campaign = await app.store.firmwareCampaigns.create({
        ...body,
        id: uuidVersion7(now),
        maintenanceWindow: window,
        requestedBy: operator.id,
        createdAt: now,
      });
      return created(viewOf(campaign, [], now), `/v1/firmware-campaigns/${campaign.id}`);
    },
  }),
  route({
    method: "post",
    path: "/v1/firmware-campaigns/preview",
    access: "operator",
    tag,
    summary: "Counts the targets that a campaign would have now, and shows who is left out and why",
    description: "Takes a whole campaign, or only its targets and its version.",
    body: NewCampaign.partial().extend({ targets: Targets }).meta({ id: "FirmwareCampaignToPreview" }),
    example: { version: "3.5.0", targets: { vendor: "Example", model: "Duo22" } },
    answers: { 200: Preview },
    handle: async ({ body: { targets, version }, app }) =>
      ok(await app.store.firmwareCampaigns.preview(targets, version ?? null)),
  }),
  route({
    method: "get",
    path: "/v1/firmware-campaigns/{id}",
    access: "viewer",
    tag,
    summary: "One firmware campaign, with how far it has come",
    params,
    answers: { 200: Campaign },
    handle: async ({ params: { id }, app }) => ok((await viewsOf([await find(id, app)], app))[0]!),
  }),
  ...VERBS.map(verbRoute),
  route({
    method: "get",
    path: "/v1/firmware-campaigns/{id}/targets",
    access: "viewer",
    tag,
    summary: "The charge points of a campaign, one by one",
    params,
    query: listQuery({ state: Target.shape.state.optional(), outcome: targetOutcome.optional() }),
    answers: { 200: listOf(Target) },
    handle: async ({ params: { id }, query, app }) => {
      await find(id, app);
      const { page, filter } = pageAndFilter(query);
      return ok(await app.store.firmwareCampaignTargets.list(id, filter, page));
    },
  }),
];
