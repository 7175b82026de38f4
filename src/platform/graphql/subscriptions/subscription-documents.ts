import { Inject, Injectable } from '@nestjs/common';
import { GraphQLSchemaHost } from '@nestjs/graphql';
import type {
  DefinitionNode,
  DocumentNode,
  ExecutionArgs,
  FragmentDefinitionNode,
  OperationDefinitionNode,
  SelectionSetNode,
  ValidationRule,
} from 'graphql';
import {
  getOperationAST,
  getVariableValues,
  GraphQLError,
  Kind,
  NoSchemaIntrospectionCustomRule,
  OperationTypeNode,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import type { ServiceConfig } from '../../config/config.ts';
import { configToken } from '../../config/config.module.ts';
import { InvalidGraphqlDocument } from '../../http/problem/graphql.errors.ts';
import { ValidationFailed } from '../../http/problem/http.errors.ts';
import { invalidMembers } from '../../http/problem/problem.ts';
import { validateInput } from '../../validation/validate-input.ts';
import { assertAtMost, assertWithinLimits, loggedName, rootFieldCosts, sum } from '../graphql-limits.ts';
import { GraphqlRequestDto } from '../graphql-request.dto.ts';

const maxErrors = 10;

/** Of a document. A user may have 100 subscriptions, and each keeps its document: a token takes 200 bytes. */
const maxTokens = 250;

/** A subscription that can be executed, and its name. */
export interface PreparedSubscription {
  readonly args: ExecutionArgs;
  readonly name: string;
}

/** Parses, limits and validates the documents of subscriptions, by the rules of POST /graphql. */
@Injectable()
export class SubscriptionDocuments {
  private readonly rules: readonly ValidationRule[];

  constructor(
    private readonly schemaHost: GraphQLSchemaHost,
    @Inject(configToken('service')) { environment }: ServiceConfig,
  ) {
    this.rules = environment === 'production' ? [...specifiedRules, NoSchemaIntrospectionCustomRule] : specifiedRules;
  }

  /**
   * @param payload of a message `subscribe`
   * @returns the errors of a document that is invalid
   * @throws ValidationFailed, GraphqlLimitExceeded, InvalidGraphqlDocument
   */
  async prepare(payload: unknown): Promise<PreparedSubscription | readonly GraphQLError[]> {
    const { value: request, errors } = await validateInput(GraphqlRequestDto, payload);
    if (request === undefined) throw new ValidationFailed(invalidMembers(errors));
    const document = parsed(request.query);
    if (document instanceof GraphQLError) return [document];
    assertWithinLimits(document);
    assertUnconditional(document);
    const { schema } = this.schemaHost;
    const invalid = validate(schema, document, this.rules, { maxErrors });
    if (invalid.length > 0) return invalid;
    const operation = getOperationAST(document, request.operationName);
    if (operation?.operation !== OperationTypeNode.SUBSCRIPTION)
      throw new InvalidGraphqlDocument({
        detail: 'Choose a subscription; POST /graphql executes queries and mutations.',
      });
    const variables = request.variables ?? {};
    assertAtMost('cost', sum(rootFieldCosts(schema, { document, operation, variables })));
    const coerced = getVariableValues(schema, operation.variableDefinitions ?? [], variables, { maxErrors });
    if (coerced.errors !== undefined) return coerced.errors;
    const args = { schema, document, operationName: request.operationName ?? null, variableValues: variables };
    return { args, name: loggedName(operation) };
  }
}

/**
 * GraphQL (September 2025, §5.2.4.1) allows neither @skip nor @include beside the field of a subscription. graphql 16
 * allows both, and fails when no field is left.
 * @throws InvalidGraphqlDocument
 */
function assertUnconditional({ definitions }: DocumentNode): void {
  for (const definition of definitions) if (selectsRootFields(definition)) assertNoCondition(definition.selectionSet);
}

function selectsRootFields(definition: DefinitionNode): definition is OperationDefinitionNode | FragmentDefinitionNode {
  if (definition.kind === Kind.OPERATION_DEFINITION) return definition.operation === OperationTypeNode.SUBSCRIPTION;
  return definition.kind === Kind.FRAGMENT_DEFINITION && definition.typeCondition.name.value === 'Subscription';
}

function assertNoCondition({ selections }: SelectionSetNode): void {
  for (const selection of selections) {
    if (selection.directives?.some(({ name }) => name.value === 'skip' || name.value === 'include') === true)
      throw new InvalidGraphqlDocument({ detail: 'The field of a subscription takes neither @skip nor @include.' });
    if (selection.kind === Kind.INLINE_FRAGMENT) assertNoCondition(selection.selectionSet);
  }
}

function parsed(query: string): DocumentNode | GraphQLError {
  try {
    return parse(query, { maxTokens });
  } catch (error) {
    if (error instanceof GraphQLError) return error;
    throw error;
  }
}
