import { ciString } from "./ci_string.ts";

/** The maximum length of an idTag in characters (7.28 IdToken is a CiString20, errata 3.73). */
export const ID_TAG_MAX_LENGTH = 20;

/** 7.28 IdToken: the identifier of a driver. It may be empty: the specification does not forbid it, so it is an unknown idTag. */
export const IdToken = ciString(ID_TAG_MAX_LENGTH);
