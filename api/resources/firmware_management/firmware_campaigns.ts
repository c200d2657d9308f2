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
  ).meta({ description: "Some of the charge points that would be targets, and some that would be left out" }),
}).meta({ id: "FirmwareCampaignPreview" });

const Target = z.object({
  chargePoint: identity,
  wave: z.int().meta({ description: "Counted from 1; 0: left out when the campaign started" }),
  state: z.enum(["waiting", "commanded", "ended"]),
  outcome: targetOutcome.nullable(),
  detail: z.string().nullable(),
  attempts: z.int(),
  commandId: z.string().nullable().meta({ description: "The latest UpdateFirmware command" }),
  commandState: commandState.nullable(),
  status: z.string().nullable().meta({ description: "The furthest FirmwareStatusNotification since the command" }),
  statusSince: moment.nullable(),
  version: z.string().nullable().meta({ description: "The version in the last BootNotification" }),
  commandedAt: moment.nullable(),
  nextAttemptAt: moment.nullable(),
  endedAt: moment.nullable(),
}).meta({ id: "FirmwareCampaignTarget" });

async function viewsOf(rows: readonly Row[], { store, clock }: App): Promise<z.output<typeof Campaign>[]> {
  const counts = await store.firmwareCampaigns.countTargets(rows.map(({ id }) => id));
  return rows.map((row) => viewOf(row, counts.get(row.id) ?? [], clock.now()));
}

/** Throws 400 unless the campaign has exactly one image, and its file exists. */
async function requireImage({ location, file }: Pick<Row, "location" | "file">, { store }: App): Promise<void> {
  if ((location === null) === (file === null)) {
    throw invalid({ in: "body", pointer: "/location", detail: "Give either a location or a file" });
  }
  if (file !== null && !await store.files.find(file)) {
    throw invalid({ in: "body", pointer: "/file", detail: `There is no file ${file}` });
  }
}

/** The campaign. Throws 404. */
async function find(id: string, { store }: App): Promise<Row> {
  const found = await store.firmwareCampaigns.find(id);
  if (!found) throw notFound(`There is no firmware campaign ${id}`);
  return found;
}

/** A change of a campaign's state. Repeating it changes nothing; `does` returns undefined when the state does not allow it. */
interface Verb {
  readonly name: "start" | "pause" | "resume" | "abort";
  readonly summary: string;
  /** The state after the change. A campaign that has it already is no error. */
  readonly leadsTo: Row["state"];
  readonly cure: string;
  does(campaign: Row, app: App, now: Date): Promise<Row | undefined>;
}

const VERBS: readonly Verb[] = [
  {
    name: "start",
    summary: "Starts a campaign: selects its targets now and begins with the first wave",
    leadsTo: "running",
    cure: "Only a draft can be started. Resume a paused campaign; create a new one in place of one that has ended.",
    does: (campaign, { store }, now) => store.firmwareCampaigns.start(campaign, now),
  },
  {
    name: "pause",
    summary: "Pauses a campaign: sends nothing until it is resumed; running updates go on",
    leadsTo: "paused",
    cure: "Only a running campaign can be paused.",
    does: ({ id }, { store }, now) => store.firmwareCampaigns.setPaused(id, true, null, now),
  },
  {
    name: "resume",
    summary: "Resumes a paused campaign",
    leadsTo: "running",
    cure: "Only a paused campaign can be resumed. Start a draft.",
    does: ({ id }, { store }, now) => store.firmwareCampaigns.setPaused(id, false, null, now),
  },
  {
    name: "abort",
    summary: "Aborts a campaign: sends nothing any more; running updates go on and are followed to their end",
    leadsTo: "aborted",
    cure: "A campaign that has ended cannot be aborted.",
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

/** Firmware campaigns: updates of many charge points in waves. */
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
    summary: "Creates a firmware campaign as a draft: nothing is sent until it is started",
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
    summary: "Counts the targets that a campaign would have now, and shows which charge points are left out and why",
    description: "The body is a whole campaign, or only its targets and its version.",
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
    summary: "One firmware campaign with its progress",
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
    summary: "The charge points of a campaign with their outcomes",
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
