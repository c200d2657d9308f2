/**
 * Installations of a stored charging profile on many charge points: a resource with the progress, and the outcome for each charge point.
 */
import { z } from "zod";
import { INSTALLATION_OUTCOMES, isFinal } from "../../../actors/smart_charging/installation_outcome.ts";
import { uuidVersion7 } from "../../../actors/runtime/uuid.ts";
import type { Installation as Row } from "../../../db/smart_charging/profile_installations.ts";
import { ConnectorOrWhole } from "../../../ocpp/types/connector_id.ts";
import { identity, jsonObject, moment, searchText } from "../../http/fields.ts";
import type { App } from "../../http/app.ts";
import { listOf, listQuery, pageAndFilter } from "../../http/list.ts";
import { invalid, notFound } from "../../http/problem.ts";
import { ok, type Route, route } from "../../http/route.ts";
import { profileTemplates } from "./profile_templates.ts";

const tag = "Smart charging";
const path = "/v1/charging-profiles/{id}/installations";

/** The most charge points of one installation. */
const TARGETS_MAX = 20_000;
const PAGE = 1000;
const EXPIRES_MAX_SECONDS = 30 * 24 * 3600;

const InstallRequest = z.strictObject({
  chargePoints: z.array(identity).max(TARGETS_MAX).default([]),
  label: searchText.optional().meta({
    description: "`name` or `name=value`: charge points with this label, in addition to `chargePoints`",
  }),
  connectorId: ConnectorOrWhole,
  transactions: z.enum(["any", "running"]).default("any").meta({
    description:
      "running: a TxProfile is sent with the id of the transaction that is running on the connector; any: it is sent as stored",
  }),
  whenOffline: z.enum(["queue"]).optional().meta({
    description: "queue: charge points that are not connected get it when they connect; absent: they are skipped",
  }),
  expiresInSeconds: z.int().min(1).max(EXPIRES_MAX_SECONDS).optional(),
}).meta({ id: "ChargingProfileInstall" });

const Installation = z.object({
  id: z.string(),
  templateId: z.string(),
  state: z.enum(["running", "finished"]),
  connectorId: z.int(),
  profile: jsonObject.meta({ description: "The charging profile as stored when the installation began" }),
  transactions: z.enum(["any", "running"]),
  counts: z.record(z.string(), z.int()).meta({ description: "The number of charge points by outcome" }),
  requestedBy: z.string().nullable().meta({ description: "The id of the API key" }),
  createdAt: moment,
}).meta({ id: "ChargingProfileInstallation" });

const outcome = z.enum(INSTALLATION_OUTCOMES);

const InstallationTarget = z.object({
  chargePoint: z.string(),
  outcome,
  detail: z.string().nullable().meta({ description: "Why nothing was sent" }),
  commandId: z.string().meta({
    description: "The id of the SetChargingProfile command; when nothing was sent, no command has this id",
  }),
}).meta({ id: "ChargingProfileInstallationTarget" });

function viewOf(row: Row): z.output<typeof Installation> {
  const { id, templateId, connectorId, profile, transactions, counts, requestedBy, createdAt } = row;
  const state = Object.keys(counts).every(isFinal) ? "finished" : "running";
  return {
    id,
    templateId,
    state,
    connectorId,
    profile: { ...profile },
    transactions,
    counts: { ...counts },
    requestedBy,
    createdAt,
  };
}

/** The named charge points and those with the label, without duplicates. */
async function targetsOf(
  { chargePoints, label }: z.output<typeof InstallRequest>,
  { store }: App,
): Promise<string[]> {
  const targets = new Set(chargePoints);
  let after: string | undefined;
  while (label !== undefined) {
    const listed = await store.chargePoints.list({ label }, { limit: PAGE, ...(after !== undefined && { after }) });
    for (const one of listed.items) targets.add(one.identity);
    if (targets.size > TARGETS_MAX || listed.next === null) break;
    after = listed.next;
  }
  if (targets.size > TARGETS_MAX) {
    throw invalid({
      in: "body",
      pointer: "/label",
      detail: `More than ${TARGETS_MAX} charge points in one installation`,
    });
  }
  if (targets.size === 0) {
    const detail = label === undefined
      ? "Name at least one charge point, or a label"
      : "No charge point has this label";
    throw invalid({ in: "body", pointer: label === undefined ? "/chargePoints" : "/label", detail });
  }
  return [...targets].sort();
}

const oneInstallation = profileTemplates.params.extend({ installationId: z.uuid() });

async function found(params: z.output<typeof oneInstallation>, { store }: App): Promise<Row> {
  const installation = await store.profileInstallations.find(params.id, params.installationId);
  if (!installation) throw notFound(`There is no installation ${params.installationId} of ${params.id}`);
  return installation;
}

/** Starting an installation, and its reports. */
export const profileInstallationRoutes: readonly Route[] = [
  route({
    method: "post",
    path: "/v1/charging-profiles/{id}/install",
    access: "operator",
    tag,
    summary: "Installs a stored charging profile on many charge points",
    description:
      "The response is the installation, whose `counts` show the progress. Each charge point gets one SetChargingProfile, also when the " +
      "Central System restarts in between.",
    params: profileTemplates.params,
    body: InstallRequest,
    example: { label: "site=harbour", connectorId: 1, whenOffline: "queue" },
    answers: { 202: Installation },
    handle: async ({ params: { id }, body, operator, app }) => {
      const template = await app.store.profileTemplates.find(id);
      if (!template) throw profileTemplates.missing(id);
      const targets = await targetsOf(body, app);
      const { connectorId, transactions, whenOffline = "refuse" as const, expiresInSeconds = null } = body;
      const how = { connectorId, transactions, whenOffline, expiresInSeconds, requestedBy: operator.id };
      const now = app.clock.now();
      const installationId = uuidVersion7(now);
      await app.store.profileInstallations.begin(
        installationId,
        { templateId: id, profile: template.profile, ...how },
        targets.map((chargePoint) => ({ chargePoint, commandId: uuidVersion7(now) })),
        now,
      );
      app.profileInstaller.begun();
      const view = viewOf(await found({ id, installationId }, app));
      return {
        status: 202,
        body: view,
        headers: { Location: `/v1/charging-profiles/${id}/installations/${installationId}` },
      };
    },
  }),
  route({
    method: "get",
    path,
    access: "viewer",
    tag,
    summary: "The installations of a stored charging profile, newest first",
    params: profileTemplates.params,
    query: listQuery({}),
    answers: { 200: listOf(Installation) },
    handle: async ({ params: { id }, query, app }) => {
      const { items, next } = await app.store.profileInstallations.list(id, pageAndFilter(query).page);
      if (items.length === 0 && !await app.store.profileTemplates.find(id)) throw profileTemplates.missing(id);
      return ok({ items: items.map(viewOf), next });
    },
  }),
  route({
    method: "get",
    path: `${path}/{installationId}`,
    access: "viewer",
    tag,
    summary: "One installation with its progress",
    params: oneInstallation,
    answers: { 200: Installation },
    handle: async ({ params, app }) => ok(viewOf(await found(params, app))),
  }),
  route({
    method: "get",
    path: `${path}/{installationId}/targets`,
    access: "viewer",
    tag,
    summary: "The outcome for each charge point, by identity",
    params: oneInstallation,
    query: listQuery({ outcome: outcome.optional() }),
    answers: { 200: listOf(InstallationTarget) },
    handle: async ({ params, query, app }) => {
      await found(params, app);
      const { page, filter } = pageAndFilter(query);
      const { items, next } = await app.store.profileInstallations.listTargets(params.installationId, filter, page);
      return ok({ items: items.map((one) => ({ ...one, outcome: outcome.parse(one.outcome) })), next });
    },
  }),
];
