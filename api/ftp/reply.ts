/** What is answered; a text of several lines is written as RFC 959 4.2 has it. */
export type Reply = readonly [code: number, text: string];
