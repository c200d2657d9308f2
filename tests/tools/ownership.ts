/**
 * The rule that an actor's state has one owner, as a function over sources: the only way in is mail. A class that implements Actor lets nothing in
 * but `receive` and `stopped`, and writes its fields nowhere else, also not where it is called back. A class that starts an actor keeps no
 * state beside it. What the check cannot see, such as a map that is handed to an actor, is for the types: outside it is read-only.
 */
import type { Source } from "./source.ts";

/** What the runtime calls. */
const ENTRANCES = ["constructor", "receive", "stopped"];

/** What runs later, or elsewhere: the arguments of these calls are no part of `receive`. */
const CALLS_BACK = /\.\s*(?:then|catch|finally|pipe|subscribe|listen|onRecorded)\s*(?:<[^()]*>)?\(/g;

/** A write to a field, or a call that changes what is in it. */
const WRITES =
  /\bthis\.(#?\w+)(?:\s*\[[^\]]*\])?\s*(?:(?:[-+*/%&|^?]|\|\||&&|\?\?|\*\*)?=(?![=>])|\+\+|--|\.(?:add|set|delete|clear|push|pop|shift|unshift|splice)\()|\bdelete this\.(#?\w+)/g;

/** A field that can be changed without being written. */
const COLLECTION = /=\s*(?:new (?:Map|Set|WeakMap)\b|\[|\{)/;

/** One method or field of a class. */
interface Member {
  readonly name: string;
  readonly text: string;
  readonly isMethod: boolean;
}

interface Class {
  readonly name: string;
  readonly isActor: boolean;
  readonly members: readonly Member[];
}

/** Every break of the rule in these sources, one line each. */
export function checkOwnership(sources: readonly Source[]): string[] {
  return sources.flatMap(({ path, code }) => {
    const found = classesOf(code).flatMap((each) => {
      if (each.isActor) return checkActor(each);
      return each.members.some(({ text }) => /\.\s*spawn\b/.test(text)) ? checkStarter(each) : [];
    });
    return found.map((line) => `${path}: ${line}`);
  });
}

function checkActor({ name, members }: Class): string[] {
  const methods = members.filter(({ isMethod }) => isMethod);
  const open = methods.filter(({ name }) => !name.startsWith("#") && !ENTRANCES.includes(name))
    .map((method) => `${name}.${method.name} is a way in that is no mail`);
  const later = members.flatMap(({ name: member, text }) =>
    argumentsOf(text, CALLS_BACK).flatMap((called) => [
      ...fieldsWritten(called).map((field) => `${name}.${member} writes ${field} where it is called back`),
      ...reached(called, methods).flatMap((method) =>
        fieldsWritten(method.text).map((field) =>
          `${name}.${member} has ${method.name} called back, which writes ${field}`
        )
      ),
    ])
  );
  return [...open, ...new Set(later)];
}

/** The methods that a text calls, and those that they call. */
function reached(text: string, methods: readonly Member[]): Member[] {
  const found = new Set<Member>();
  const follow = (text: string) => {
    for (const [, called] of text.matchAll(/\bthis\.(#?\w+)\s*\(/g)) {
      const method = methods.find(({ name }) => name === called);
      if (!method || found.has(method)) continue;
      found.add(method);
      follow(method.text);
    }
  };
  follow(text);
  return [...found];
}

function checkStarter({ name, members }: Class): string[] {
  return members.flatMap((member) => {
    if (!member.isMethod) {
      return COLLECTION.test(member.text) ? [`${name} keeps ${member.name} beside its actor`] : [];
    }
    if (member.name === "constructor") return [];
    return fieldsWritten(member.text).map((field) => `${name}.${member.name} writes ${field} beside its actor`);
  });
}

function fieldsWritten(text: string): string[] {
  return [...text.matchAll(WRITES)].map(([, written, deleted]) => written ?? deleted ?? "");
}

/** The arguments of each of these calls, as text. */
function argumentsOf(text: string, calls: RegExp): string[] {
  return [...text.matchAll(calls)].map(({ index, 0: call }) => {
    const begin = index + call.length;
    return text.slice(begin, endOf(text, begin));
  });
}

/** Where the bracket that is open before `begin` is closed. */
function endOf(text: string, begin: number): number {
  let depth = 1;
  for (let at = begin; at < text.length; at++) {
    if ("([{".includes(text[at]!)) depth++;
    if (")]}".includes(text[at]!) && --depth === 0) return at;
  }
  return text.length;
}

function classesOf(code: string): Class[] {
  return [...code.matchAll(/\bclass (\w+)([^{]*)\{/g)].map(({ index, 0: head, 1: name, 2: heritage }) => {
    const begin = index + head.length;
    const members = membersOf(code.slice(begin, endOf(code, begin)));
    return { name: name!, isActor: /\bimplements\b.*\bActor</.test(heritage!), members };
  });
}

/** Takes a class's body apart; `deno fmt` puts a line break behind each member. */
function membersOf(body: string): Member[] {
  const members: Member[] = [];
  let [depth, begin] = [0, 0];
  for (let at = 0; at < body.length; at++) {
    if ("([{".includes(body[at]!)) depth++;
    if (")]}".includes(body[at]!)) depth--;
    if (depth > 0 || !/^[;}]\s*(?:\n|$)/.test(body.slice(at, at + 40))) continue;
    const text = body.slice(begin, at + 1);
    const [, name, next] =
      /^\s*(?:(?:static|async|readonly|override|public|get|set|declare) )*(#?\w+)[!?]?\s*(.?)/.exec(text) ?? [];
    if (name) members.push({ name, text, isMethod: next === "(" || next === "<" });
    begin = at + 1;
  }
  return members;
}
