import { ciString } from "./ci_string.ts";

/** Longest idTag that OCPP 1.6 knows (7.28 IdToken is a CiString20, errata 3.73). */
export const ID_TAG_MAX_LENGTH = 20;

/** 7.28 IdToken: what a driver identifies with. May be empty: no text forbids it, it is merely unknown. */
export const IdToken = ciString(ID_TAG_MAX_LENGTH);
