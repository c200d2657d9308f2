/** The reply to a command. The session writes a text of several lines in the form of RFC 959 4.2. */
export type Reply = readonly [code: number, text: string];
