import { z } from "zod";
import { defineAction } from "../action.ts";
import { idTagKey } from "../core/authorization.ts";
import { IdTagInfo } from "../types/id_tag_info.ts";
import { IdToken } from "../types/id_token.ts";

/** 7.1 AuthorizationData: without idTagInfo the entry is deleted, which is only possible in a Differential update. */
const AuthorizationData = z.strictObject({ idTag: IdToken, idTagInfo: IdTagInfo.optional() });

const Request = z.strictObject({
  // 0 and −1 have a special meaning in GetLocalListVersion (errata 3.52).
  listVersion: z.int().min(1).describe("Higher than every version sent before"),
  localAuthorizationList: z.array(AuthorizationData).optional().describe(
    "At most SendLocalListMaxLength entries; a Full update without entries empties the list",
  ),
  updateType: z.enum(["Differential", "Full"]),
}).check((context) => {
  const { localAuthorizationList = [], updateType } = context.value;
  const seen = new Set<string>();
  localAuthorizationList.forEach(({ idTag, idTagInfo }, at) => {
    const refuse = (field: string, message: string) =>
      context.issues.push({ code: "custom", input: idTag, path: ["localAuthorizationList", at, field], message });
    if (updateType === "Full" && idTagInfo === undefined) refuse("idTagInfo", "is needed when updateType is Full");
    // A charge point compares idTags without regard to case (7.28).
    const key = idTagKey(idTag);
    if (seen.has(key)) refuse("idTag", "must not be in the list twice");
    seen.add(key);
  });
});

/** 5.15: after Failed or VersionMismatch a Full update is necessary. */
export const SendLocalList = defineAction({
  name: "SendLocalList",
  initiatedBy: "CentralSystem",
  profile: "LocalAuthListManagement",
  spec: "5.15",
  summary: "Sends a charge point idTags that it accepts or refuses without an Authorize request.",
  whenOffline: "queue",
  request: Request,
  confirmation: z.strictObject({ status: z.enum(["Accepted", "Failed", "NotSupported", "VersionMismatch"]) }),
  example: {
    request: {
      listVersion: 13,
      localAuthorizationList: [
        { idTag: "04E91C5A123480", idTagInfo: { status: "Accepted", parentIdTag: "FLEET-7" } },
        { idTag: "0BADCAFE", idTagInfo: { status: "Blocked" } },
      ],
      updateType: "Full",
    },
    confirmation: { status: "Accepted" },
  },
});
