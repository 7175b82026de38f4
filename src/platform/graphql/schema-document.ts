import { NestFactory } from '@nestjs/core';
import { GraphQLSchemaBuilderModule, GraphQLSchemaFactory } from '@nestjs/graphql';
import type { Type } from '@nestjs/common';
import { lexicographicSortSchema, printSchema } from 'graphql';

/** The text of the schema of these resolvers. */
export async function schemaDocument(resolvers: readonly Type[]): Promise<string> {
  const app = await NestFactory.createApplicationContext(GraphQLSchemaBuilderModule, { logger: ['error'] });
  const schema = await app.get(GraphQLSchemaFactory).create([...resolvers]);
  await app.close();
  return `${printSchema(lexicographicSortSchema(schema))}\n`;
}
