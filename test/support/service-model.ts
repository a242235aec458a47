import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

interface Member {
  readonly shape: string;
  readonly locationName?: string;
  readonly queryName?: string;
}

interface Shape {
  readonly type: string;
  readonly required?: readonly string[];
  readonly members?: Readonly<Record<string, Member>>;
  readonly member?: Member;
  readonly enum?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
}

interface Model {
  readonly shapes: Readonly<Record<string, Shape>>;
  readonly operations: Readonly<Record<string, { readonly input?: { readonly shape: string } }>>;
}

/** A request's parameters as a tree: `A.1.B=x` is `{A: {1: {B: 'x'}}}`. */
type Tree = string | { readonly [key: string]: Tree };

function treeOf(params: URLSearchParams): Tree {
  const root: Record<string, Tree> = {};
  for (const [name, value] of params) {
    if (name === 'Action' || name === 'Version') continue;
    const steps = name.split('.');
    const last = steps.pop() ?? '';
    let at = root;
    for (const step of steps) {
      at[step] ??= {};
      at = at[step] as Record<string, Tree>;
    }
    at[last] = value;
  }
  return root;
}

/**
 * AWS's own published models of its two services, as they come with botocore: what a request may hold. `check` gives what
 * is wrong with one, empty where nothing is.
 */
export function readModels(folder: string): (service: string, params: URLSearchParams) => string[] {
  const python = readdirSync(join(folder, 'lib')).find((name) => name.startsWith('python')) ?? '';
  const data = join(folder, 'lib', python, 'site-packages/botocore/data');
  const read = (path: string): Model => JSON.parse(gunzipSync(readFileSync(join(data, path))).toString());
  const models = {
    ec2: read('ec2/2016-11-15/service-2.json.gz'),
    elasticloadbalancing: read('elbv2/2015-12-01/service-2.json.gz'),
  };
  return (service, params) => {
    if (service !== 'ec2' && service !== 'elasticloadbalancing') return [`no service ${service}`];
    const action = params.get('Action') ?? '';
    const operation = models[service].operations[action];
    if (operation === undefined) return [`${service} has no operation ${action}`];
    if (operation.input === undefined) return [];
    return judge(models[service], service === 'ec2', operation.input.shape, treeOf(params), action);
  };
}

function nameInRequest(ec2: boolean, member: string, { locationName, queryName }: Member): string {
  if (!ec2) return locationName ?? member;
  if (queryName !== undefined) return queryName;
  const name = locationName ?? member;
  return `${name[0]?.toUpperCase()}${name.slice(1)}`;
}

function judge(model: Model, ec2: boolean, name: string, tree: Tree, at: string): string[] {
  const shape = model.shapes[name];
  if (shape === undefined) return [`${at}: no shape ${name}`];
  if (shape.type === 'structure') return judgeStructure(model, ec2, shape, tree, at);
  if (shape.type === 'list') return judgeList(model, ec2, shape, tree, at);
  if (typeof tree !== 'string') return [`${at}: is no plain value`];
  return judgeValue(shape, tree, at);
}

function judgeStructure(model: Model, ec2: boolean, shape: Shape, tree: Tree, at: string): string[] {
  if (typeof tree === 'string') return [`${at}: is no structure`];
  const members = Object.entries(shape.members ?? {}).map(
    ([member, about]) => [nameInRequest(ec2, member, about), member, about] as const,
  );
  const known = new Map(members.map(([sent, , about]) => [sent, about]));
  const missing = members.filter(
    ([sent, member]) => shape.required?.includes(member) === true && tree[sent] === undefined,
  );
  return [
    ...missing.map(([sent]) => `${at}: ${sent} is missing`),
    ...Object.entries(tree).flatMap(([key, value]) => {
      const about = known.get(key);
      return about === undefined ? [`${at}: no member ${key}`] : judge(model, ec2, about.shape, value, `${at}.${key}`);
    }),
  ];
}

function judgeList(model: Model, ec2: boolean, shape: Shape, tree: Tree, at: string): string[] {
  if (typeof tree === 'string') return tree === '' ? [] : [`${at}: is no list`];
  const items = ec2 ? tree : (tree.member ?? {});
  if (typeof items === 'string') return items === '' ? [] : [`${at}: is no list`];
  const keys = Object.keys(items);
  const numbered = keys.every((key, index) => key === `${index + 1}`);
  const count = [
    ...(shape.min !== undefined && keys.length < shape.min ? [`${at}: fewer than ${shape.min}`] : []),
    ...(shape.max !== undefined && keys.length > shape.max ? [`${at}: more than ${shape.max}`] : []),
    ...(numbered ? [] : [`${at}: items are not numbered: ${keys.join(',')}`]),
  ];
  return [
    ...count,
    ...keys.flatMap((key) => judge(model, ec2, shape.member?.shape ?? '', items[key] ?? '', `${at}.${key}`)),
  ];
}

function judgeValue({ type, enum: values, min, max, pattern }: Shape, text: string, at: string): string[] {
  if (values !== undefined && !values.includes(text)) return [`${at}: ${text} is none of ${values.join(', ')}`];
  if (type === 'boolean') return text === 'true' || text === 'false' ? [] : [`${at}: ${text} is no boolean`];
  if (type === 'integer' || type === 'long') {
    const number = Number(text);
    if (!Number.isInteger(number)) return [`${at}: ${text} is no whole number`];
    return (min !== undefined && number < min) || (max !== undefined && number > max)
      ? [`${at}: ${text} is not within ${min}–${max}`]
      : [];
  }
  if ((min !== undefined && text.length < min) || (max !== undefined && text.length > max)) {
    return [`${at}: "${text}" is not ${min}–${max} long`];
  }
  if (pattern !== undefined && !new RegExp(pattern, 'u').test(text))
    return [`${at}: "${text}" does not match ${pattern}`];
  return [];
}
