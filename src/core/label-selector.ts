import { isJsonObject, type JsonObject, type JsonValue, listAt, objectAt, textAt } from './json.ts';

/** Labels of an object. */
export type Labels = Readonly<Record<string, string>>;

function meets(expression: JsonValue, labels: Labels): boolean {
  const value = labels[textAt(expression, 'key') ?? ''];
  const values = listAt(expression, 'values');
  switch (textAt(expression, 'operator')) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      return false;
  }
}

/** Whether labels meet a LabelSelector of Kubernetes (`matchLabels`, `matchExpressions`); an empty one is met by all. */
export function meetsSelector(selector: JsonObject, labels: Labels): boolean {
  const wanted = Object.entries(objectAt(selector, 'matchLabels'));
  return (
    wanted.every(([key, value]) => labels[key] === value) &&
    listAt(selector, 'matchExpressions').every((expression) => meets(expression, labels))
  );
}

/** Whether labels meet one of several selectors; where there is none, all do. */
export function meetsOneOf(selectors: readonly JsonObject[], labels: Labels): boolean {
  return selectors.length === 0 || selectors.some((selector) => meetsSelector(selector, labels));
}

/** The selectors in a list at a path. */
export function selectorsAt(value: JsonObject, ...path: readonly string[]): readonly JsonObject[] {
  return listAt(value, ...path).filter(isJsonObject);
}
