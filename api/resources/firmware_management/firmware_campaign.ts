/**
 * A firmware campaign as the API shows it: what was asked for, and how far it has come.
 */
import { z } from "zod";
import { maySend } from "../../../actors/firmware_management/campaign_decision.ts";
import type { FirmwareCampaign as Row } from "../../../db/firmware_management/firmware_campaigns.ts";
import { progressOf, type TargetCount } from "../../../ocpp/firmware_management/firmware_campaign.ts";
import { TARGET_OUTCOMES } from "../../../ocpp/firmware_management/firmware_target.ts";
import { objectionTo } from "../../../ocpp/operator_rules.ts";
import { FileLocation } from "../../../ocpp/types/file_location.ts";
import { identity, moment, searchText, timeZone } from "../../http/fields.ts";
import { scheme } from "./scheme.ts";

const DAY_SECONDS = 86_400;

/** Identities that one campaign can name; labels and models reach any number. */
const NAMED_MAX = 10_000;

const percent = z.number().min(0).max(100);

const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, "A time of the day, HH:MM").meta({ example: "02:00" });

/** Which charge points; every condition that is given must hold. */
export const Targets = z.strictObject({
  chargePoints: z.array(identity).min(1).max(NAMED_MAX).optional(),
  label: searchText.optional().meta({ description: "`name` or `name=value`" }),
  vendor: searchText.optional(),
  model: searchText.optional(),
  firmwareVersion: searchText.optional().meta({ description: "Of the last boot" }),
}).refine((targets) => Object.values(targets).some((each) => each !== undefined), "Give at least one condition")
  .meta({ description: "Every condition that is given must hold; at least one is" });

const Window = z.strictObject({
  from: timeOfDay,
  to: timeOfDay.meta({ description: "Not in it any more; on the next day when it is not later than `from`" }),
  timeZone,
}).meta({ description: "Nothing is sent outside of it, by the clocks on the walls of the time zone" });

const location = FileLocation.superRefine((text, context) => {
  const objection = objectionTo("UpdateFirmware", { location: text, retrieveDate: "" }, { securityProfile: 0 });
  if (objection) context.addIssue({ code: "custom", message: objection.detail });
});

const fields = {
  scheme,
  name: z.string().max(200),
  version: z.string().min(1).max(50).nullable().meta({
    description: "That the charge points boot with afterwards: the evidence, and those that have it are left out",
  }),
  retrieveDate: moment.nullable().meta({ description: "Not to be fetched before; null: at once" }),
  targets: Targets,
  waves: z.array(percent.gt(0)).min(1).max(100).refine(
    (waves) => waves.at(-1) === 100 && waves.every((each, index) => index === 0 || each > waves[index - 1]!),
    "Percentages that rise, to 100",
  ).meta({ description: "Percent of the targets in this wave and those before it", example: [5, 50, 100] }),
  maxConcurrent: z.int().min(1).max(10_000).meta({ description: "Updates at the same time" }),
  abortAboveFailures: percent.meta({ description: "Percent of the targets of the waves so far; 100: never" }),
  retries: z.int().min(0).max(10).meta({
    description: "Further attempts after a failure that the charge point reported itself",
  }),
  retryIntervalSeconds: z.int().min(0).max(DAY_SECONDS),
  updateTimeoutSeconds: z.int().min(60).max(7 * DAY_SECONDS)
    .meta({ description: "After which an update of which nothing shows that it is installed has failed" }),
  window: Window.nullable(),
  sendUntil: moment.nullable().meta({
    description: "Targets that wait longer end as `expired`; null: they wait for ever",
  }),
};

/** What a campaign is made of. */
export const NewCampaign = z.strictObject({
  location: location.nullable().default(null).meta({ description: "Where the image is" }),
  file: z.uuid().nullable().default(null).meta({
    description: "Instead: the id of a file that we serve; each charge point gets an address of its own",
  }),
  scheme: fields.scheme.default("http"),
  name: fields.name.default(""),
  version: fields.version.default(null),
  retrieveDate: fields.retrieveDate.default(null),
  targets: fields.targets,
  waves: fields.waves.default([5, 50, 100]),
  maxConcurrent: fields.maxConcurrent.default(10),
  abortAboveFailures: fields.abortAboveFailures.default(10),
  retries: fields.retries.default(1),
  retryIntervalSeconds: fields.retryIntervalSeconds.default(300),
  updateTimeoutSeconds: fields.updateTimeoutSeconds.default(7200),
  window: fields.window.default(null),
  sendUntil: fields.sendUntil.default(null),
}).meta({ id: "NewFirmwareCampaign" });

/** Every way in which a target can end. */
export const targetOutcome = z.enum(TARGET_OUTCOMES);

/** A campaign's state. */
export const campaignState = z.enum(["draft", "running", "paused", "completed", "aborted"]);

const Progress = z.object({
  targets: z.int().meta({ description: "Without those that were left out" }),
  released: z.int().meta({ description: "In the waves so far" }),
  waiting: z.int(),
  commanded: z.int().meta({ description: "Updates under way" }),
  installed: z.int(),
  failed: z.int(),
  skipped: z.int().meta({ description: "Left out: up to date, unknown, or in another campaign" }),
  outcomes: z.partialRecord(targetOutcome, z.int()).meta({ description: "Of all that ended" }),
}).meta({ id: "FirmwareCampaignProgress" });

/** The whole resource. */
export const Campaign = z.object({
  id: z.string(),
  location: z.string().nullable(),
  file: z.string().nullable(),
  ...fields,
  state: campaignState,
  reason: z.string().nullable().meta({ description: "Why it was aborted, when it was not an operator" }),
  wave: z.int().meta({ description: "Of `waves`, counted from 1; 0: none is released" }),
  isSending: z.boolean().meta({ description: "It runs, and its window is open" }),
  progress: Progress,
  requestedBy: z.string().nullable().meta({ description: "The id of the API key" }),
  createdAt: moment,
  startedAt: moment.nullable(),
  endedAt: moment.nullable(),
}).meta({ id: "FirmwareCampaign" });

/** A row with its targets counted. */
export function viewOf(row: Row, counts: readonly TargetCount[], now: Date): z.output<typeof Campaign> {
  const { maintenanceWindow: window, ...shown } = row;
  return { ...shown, window, isSending: maySend(row, now), progress: progressOf(counts, row.wave) };
}
