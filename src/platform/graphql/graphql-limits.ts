import type {
  ArgumentNode,
  DocumentNode,
  FieldNode,
  FragmentDefinitionNode,
  FragmentSpreadNode,
  GraphQLCompositeType,
  GraphQLSchema,
  InlineFragmentNode,
  OperationDefinitionNode,
  SelectionSetNode,
} from 'graphql';
import { getNamedType, isCompositeType, isObjectType, isInterfaceType, Kind, valueFromASTUntyped } from 'graphql';
import { GraphqlLimitExceeded } from '../http/problem/graphql.errors.ts';

/** The limits of a document. The introspection of development tools has 15 levels. */
export const graphqlLimits = {
  characters: 32_768,
  tokens: 1000,
  operations: 10,
  fields: 500,
  aliases: 50,
  depth: 16,
  cost: 5000,
} as const;

/** Entries of a page for which the client states no number. */
const defaultPageSize = 20;

/** Entries of the largest page. */
const maxPageSize = 100;

/**
 * Asserts, before a document is validated, that its validation takes little time. Fragments count wherever they are
 * spread; one that spreads itself counts once, and is left to the validation.
 * @throws GraphqlLimitExceeded
 */
export function assertWithinLimits({ definitions }: DocumentNode): void {
  const operations = definitions.filter((one) => one.kind === Kind.OPERATION_DEFINITION);
  assertAtMost('operations', operations.length);
  const fragments = fragmentsIn(definitions);
  const unused = new Set(fragments.values());
  const count = { fields: 0, aliases: 0 };
  const traverse = ({ selections }: SelectionSetNode, depth: number, spread: readonly string[]): void => {
    for (const selection of selections) {
      count.fields += 1;
      assertAtMost('fields', count.fields);
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        const name = selection.name.value;
        const fragment = fragments.get(name);
        if (fragment === undefined || spread.includes(name)) continue;
        unused.delete(fragment);
        traverse(fragment.selectionSet, depth, [...spread, name]);
        continue;
      }
      if (selection.kind === Kind.FIELD && selection.alias !== undefined) count.aliases += 1;
      assertAtMost('aliases', count.aliases);
      if (selection.selectionSet === undefined) continue;
      const below = selection.kind === Kind.FIELD ? depth + 1 : depth;
      assertAtMost('depth', below);
      traverse(selection.selectionSet, below, spread);
    }
  };
  for (const { selectionSet } of operations) traverse(selectionSet, 1, []);
  // They are validated too. A traversal removes the fragments that it meets.
  for (const { name, selectionSet } of unused) traverse(selectionSet, 1, [name.value]);
}

/** Characters of the name of an operation in the log; a name may be as long as its document. */
const loggedCharacters = 128;

/** The name of an operation for the log: its type when it has none. */
export function loggedName({ name, operation }: OperationDefinitionNode): string {
  return name?.value.slice(0, loggedCharacters) ?? operation;
}

/** More than a page of 20 entries costs in any list, with all of its fields. */
export const requestCost = 1000;

/** The requests to the API that an operation counts as: one for each started `requestCost` of each root field. */
export function requestsFor(costs: readonly number[]): number {
  return sum(costs.map((cost) => Math.ceil(cost / requestCost)));
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/**
 * The cost of each root field of an operation: one for each field, in each entry of the pages that it is in. A page
 * counts with as many entries as the client requests. Fields with the same name in the response are one.
 * @param document valid, with the operation
 */
export function rootFieldCosts(
  schema: GraphQLSchema,
  { document, operation, variables }: CostedOperation,
): readonly number[] {
  const fragments = fragmentsIn(document.definitions);
  const given = { ...defaultsOf(operation), ...variables };
  const costOf = ({ selections }: SelectionSetNode, parent: GraphQLCompositeType | undefined): number => {
    let total = 0;
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) total += fieldCost(selection, parent);
      else {
        const selectionSet = selectionSetOf(selection, fragments);
        if (selectionSet !== undefined) total += costOf(selectionSet, parent);
      }
    }
    return total;
  };
  const fieldCost = ({ name, arguments: values, selectionSet }: FieldNode, parent?: GraphQLCompositeType): number => {
    if (selectionSet === undefined) return 1;
    const field = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[name.value] : undefined;
    const type = field === undefined ? undefined : getNamedType(field.type);
    const isPage = field?.args.some((argument) => argument.name === 'first') === true;
    const entries = isPage ? pageSize(values ?? [], given) : 1;
    return 1 + entries * costOf(selectionSet, isCompositeType(type) ? type : undefined);
  };
  const root = schema.getRootType(operation.operation) ?? undefined;
  const costs = new Map<string, number>();
  const addCosts = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        const name = (selection.alias ?? selection.name).value;
        costs.set(name, (costs.get(name) ?? 0) + fieldCost(selection, root));
      } else {
        const selectionSet = selectionSetOf(selection, fragments);
        if (selectionSet !== undefined) addCosts(selectionSet);
      }
    }
  };
  addCosts(operation.selectionSet);
  return [...costs.values()];
}

/** An operation with the values of its variables. */
export interface CostedOperation {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** @throws GraphqlLimitExceeded */
export function assertAtMost(limit: keyof typeof graphqlLimits, actual: number): void {
  if (actual <= graphqlLimits[limit]) return;
  throw new GraphqlLimitExceeded({ detail: `The limit of ${limit} is ${graphqlLimits[limit]}.` });
}

function fragmentsIn(definitions: DocumentNode['definitions']): ReadonlyMap<string, FragmentDefinitionNode> {
  const fragments = definitions.filter((one) => one.kind === Kind.FRAGMENT_DEFINITION);
  return new Map(fragments.map((fragment) => [fragment.name.value, fragment]));
}

function selectionSetOf(
  selection: FragmentSpreadNode | InlineFragmentNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): SelectionSetNode | undefined {
  return selection.kind === Kind.INLINE_FRAGMENT
    ? selection.selectionSet
    : fragments.get(selection.name.value)?.selectionSet;
}

function defaultsOf({ variableDefinitions = [] }: OperationDefinitionNode): Record<string, unknown> {
  const entries = variableDefinitions.map(({ variable, defaultValue }) => {
    return [variable.name.value, defaultValue && valueFromASTUntyped(defaultValue)] as const;
  });
  return Object.fromEntries(entries);
}

/** A value that is no valid number counts as the largest. */
function pageSize(values: readonly ArgumentNode[], variables: CostedOperation['variables']): number {
  const size = values.find(({ name }) => name.value === 'first' || name.value === 'last')?.value;
  if (size === undefined) return defaultPageSize;
  const value = valueFromASTUntyped(size, variables);
  return typeof value === 'number' && value >= 0 && value <= maxPageSize ? value : maxPageSize;
}
