/**
 * The rule that an actor owns its state, as a function over sources: other code can only send it mail. A class that implements Actor has no public methods
 * but `receive` and `stopped`, and writes its fields only there, not in callbacks. A class that starts an actor has no state of its own. The check cannot
 * see a map that is passed to an actor; such a map is read-only by its type outside the actor.
 */
import type { Source } from "./source.ts";

/** The methods that the runtime calls. */
const ALLOWED_METHODS = ["constructor", "receive", "stopped"];

/** Calls whose arguments are callbacks: they run later, and not as a part of `receive`. */
const CALLBACK_CALLS = /\.\s*(?:then|catch|finally|pipe|subscribe|listen|onRecorded)\s*(?:<[^()]*>)?\(/g;

/** A write to a field, or a call that changes the collection in it. */
const WRITES =
  /\bthis\.(#?\w+)(?:\s*\[[^\]]*\])?\s*(?:(?:[-+*/%&|^?]|\|\||&&|\?\?|\*\*)?=(?![=>])|\+\+|--|\.(?:add|set|delete|clear|push|pop|shift|unshift|splice)\()|\bdelete this\.(#?\w+)/g;

/** A field with a collection, which can change without a write to the field. */
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

/** Every violation of the rule in these sources, one line each. */
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
  const open = methods.filter(({ name }) => !name.startsWith("#") && !ALLOWED_METHODS.includes(name))
    .map((method) => `${name}.${method.name} is public: other code must send mail instead`);
  const later = members.flatMap(({ name: member, text }) =>
    argumentsOf(text, CALLBACK_CALLS).flatMap((called) => [
      ...fieldsWritten(called).map((field) => `${name}.${member} writes ${field} in a callback`),
      ...calledMethods(called, methods).flatMap((method) =>
        fieldsWritten(method.text).map((field) =>
          `${name}.${member} calls ${method.name} in a callback, which writes ${field}`
        )
      ),
    ])
  );
  return [...open, ...new Set(later)];
}

/** The methods that a text calls, directly or through other methods. */
function calledMethods(text: string, methods: readonly Member[]): Member[] {
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
      return COLLECTION.test(member.text) ? [`${name} has the state ${member.name} outside its actor`] : [];
    }
    if (member.name === "constructor") return [];
    return fieldsWritten(member.text).map((field) => `${name}.${member.name} writes ${field} outside its actor`);
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

/** The position of the bracket that closes the one before `begin`. */
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

/** Splits the body of a class into its members; `deno fmt` puts a line break after each member. */
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
