/** A UUID version 7 (RFC 9562 5.7). It begins with the time in milliseconds, so that ids sort by time. */
export function uuidVersion7(now: Date): string {
  const random = crypto.randomUUID();
  const time = now.getTime().toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(15)}`;
}
