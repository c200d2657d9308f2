/**
 * Which addresses are on the public internet. What operators enter as a webhook's target must not become a way into the network that we
 * run in. IPv6 is judged by what is allowed, global unicast, so that every way of wrapping an IPv4 address in it (mapped, NAT64,
 * 6to4, Teredo) is refused without being listed.
 */

/** First octets of IPv4 ranges that are not public (IANA's special-purpose registry), as address and prefix length. */
const SPECIAL_V4: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3], // multicast and reserved, up to the broadcast address
];

/** Inside global unicast 2000::/3, and still not for us: protocol assignments with Teredo, documentation, 6to4. */
const SPECIAL_V6: readonly (readonly [string, number])[] = [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
];

/** Whether an address, as a resolver or a URL writes it, is public. What is no address is not. */
export function isPublicAddress(address: string): boolean {
  const bits = bitsOf(address);
  if (bits === undefined) return false;
  const among = (ranges: typeof SPECIAL_V4) =>
    ranges.some(([base, length]) => bits.startsWith(bitsOf(base)!.slice(0, length)));
  if (bits.length === 32) return !among(SPECIAL_V4);
  return bits.startsWith("001") && !among(SPECIAL_V6);
}

function bitsOf(address: string): string | undefined {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(address)) {
    const octets = address.split(".").map(Number);
    return octets.every((octet) => octet <= 255) ? octets.map((octet) => binary(octet, 8)).join("") : undefined;
  }
  // A URL writes every form of an IPv6 address in one way, and refuses what is none.
  const url = URL.parse(`http://[${address.replace(/%.*$/, "")}]`);
  if (!url) return undefined;
  const [head = "", tail] = url.hostname.slice(1, -1).split("::");
  const groups = (part: string | undefined) => part ? part.split(":") : [];
  const [before, after] = [groups(head), groups(tail)];
  const zeros = Array<string>(8 - before.length - after.length).fill("0");
  return [...before, ...zeros, ...after].map((group) => binary(parseInt(group, 16), 16)).join("");
}

function binary(value: number, width: number): string {
  return value.toString(2).padStart(width, "0");
}
