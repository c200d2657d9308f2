/** Entries of a local list as operators send them: an idTag, and what the charge point shall know of it where that is not what we know. */
import { z } from "zod";
import { idTagKey } from "../../../ocpp/core/authorization.ts";
import { IdTagInfo } from "../../../ocpp/types/id_tag_info.ts";
import { IdToken } from "../../../ocpp/types/id_token.ts";

const Entry = z.strictObject({
  idTag: IdToken.min(1).meta({ example: "04A2B3C4" }),
  idTagInfo: IdTagInfo.optional().meta({ description: "Absent: taken from the id tag when it is sent" }),
}).meta({ id: "LocalListEntry" });

/** A whole list, each idTag once: charge points compare them without regard to case. */
export const listEntries = z.array(Entry).check(({ value, issues }) => {
  const seen = new Set<string>();
  value.forEach(({ idTag }, at) => {
    const key = idTagKey(idTag);
    if (seen.has(key)) {
      issues.push({ code: "custom", input: idTag, path: [at, "idTag"], message: "is in the list twice" });
    }
    seen.add(key);
  });
}).meta({ description: "When there is not room for all, the last ones are left out" });
