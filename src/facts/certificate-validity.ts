import { FactUnreadable } from '../core/fact.ts';

/** Until when a certificate is good. */
export interface CertificateEnd {
  /** Seconds since the epoch. */
  readonly seconds: number;
  /** `2027-11-24`. */
  readonly day: string;
}

/** One element of DER (ITU-T X.690): its tag, and where its content begins and ends. */
interface Element {
  readonly tag: number;
  readonly from: number;
  readonly until: number;
}

const [INTEGER, SEQUENCE, UTC_TIME, GENERALIZED_TIME, VERSION] = [0x02, 0x30, 0x17, 0x18, 0xa0];

function byteAt(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw new FactUnreadable('a certificate ends too early');
  return byte;
}

/** The element that begins at `at`; of one of the tags, where some are given. */
function elementAt(bytes: Uint8Array, at: number, ...tags: readonly number[]): Element {
  const tag = byteAt(bytes, at);
  if (tags.length > 0 && !tags.includes(tag)) throw new FactUnreadable('this is no X.509 certificate');
  const short = byteAt(bytes, at + 1);
  const lengthBytes = short < 0x80 ? 0 : short & 0x7f;
  let length = short < 0x80 ? short : 0;
  for (let index = 0; index < lengthBytes; index += 1) length = length * 256 + byteAt(bytes, at + 2 + index);
  const from = at + 2 + lengthBytes;
  return { tag, from, until: from + length };
}

function bytesOf(pem: string): Uint8Array {
  const base64 = pem.replace(/-----[A-Z ]+-----/g, '').replace(/\s+/g, '');
  try {
    return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  } catch {
    throw new FactUnreadable('a certificate is not base64');
  }
}

/** Days from 1970-01-01 to a date of the Gregorian calendar. */
function daysSinceEpoch(year: number, month: number, day: number): number {
  // Years begin in March: then the leap day is the last one.
  const shifted = month > 2 ? year : year - 1;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const leapDays = Math.floor(shifted / 4) - Math.floor(shifted / 100) + Math.floor(shifted / 400);
  return shifted * 365 + leapDays + dayOfYear - 719_468;
}

function readTime(text: string, { tag }: Element): CertificateEnd {
  const match = /^(\d{2,4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (match === null) throw new FactUnreadable(`a certificate ends at "${text}"`);
  const [years = 0, month = 1, day = 1, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map(Number);
  // Two digits mean 1950 to 2049 (RFC 5280, 4.1.2.5.1).
  const year = tag === GENERALIZED_TIME ? years : years + (years < 50 ? 2000 : 1900);
  const [, , monthText = '', dayText = ''] = match;
  return {
    seconds: daysSinceEpoch(year, month, day) * 86_400 + hours * 3600 + minutes * 60 + seconds,
    day: `${year}-${monthText}-${dayText}`,
  };
}

/** Reads the end of a certificate, PEM (RFC 5280, 4.1). Throws `FactUnreadable` where the text is none. */
export function certificateEnd(pem: string): CertificateEnd {
  const bytes = bytesOf(pem);
  const certificate = elementAt(bytes, 0, SEQUENCE);
  let next = elementAt(bytes, elementAt(bytes, certificate.from, SEQUENCE).from, VERSION, INTEGER);
  // A version is there in all but the oldest; then serial number, algorithm, issuer, and the two times.
  if (next.tag === VERSION) next = elementAt(bytes, next.until, INTEGER);
  const algorithm = elementAt(bytes, next.until, SEQUENCE);
  const issuer = elementAt(bytes, algorithm.until, SEQUENCE);
  const validity = elementAt(bytes, issuer.until, SEQUENCE);
  const begin = elementAt(bytes, validity.from, UTC_TIME, GENERALIZED_TIME);
  const end = elementAt(bytes, begin.until, UTC_TIME, GENERALIZED_TIME);
  return readTime(String.fromCharCode(...bytes.subarray(end.from, end.until)), end);
}
