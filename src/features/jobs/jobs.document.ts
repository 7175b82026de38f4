import type { INestApplication } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { getSchemaPath } from '@nestjs/swagger';
import type { DocumentAddition, MemberSchemas } from '../../platform/http/openapi/document-addition.ts';
import { declaredTypes } from '../../platform/queue/job-registry.ts';
import { freeText } from '../../platform/validation/field.ts';
import { jobEventData } from './job-events.dto.ts';

/** Adds the media types of artifacts that the app's types of job declare. */
export function jobFilesIn(app: INestApplication): DocumentAddition {
  const mediaTypes = declaredTypes(app.get(ModulesContainer)).flatMap(({ files }) => files);
  return {
    models: [],
    complete: (document) => {
      const file = document.paths['/v1/jobs/{id}/artifact']?.get?.responses['200'];
      if (file !== undefined && 'content' in file && mediaTypes.length > 0) file.content = contentOf(mediaTypes);
    },
  };
}

/** OpenAPI's media types have no parameters, such as the charset. */
function contentOf(mediaTypes: readonly string[]): Record<string, { schema: object }> {
  const names = new Set(mediaTypes.map((mediaType) => mediaType.replace(/;.*/s, '').trim()));
  return Object.fromEntries([...names].sort().map((name) => [name, { schema: schemaOf(name) }]));
}

/** Generated clients read text as a string, and other content as bytes. */
function schemaOf(mediaType: string): object {
  const kind = mediaType.startsWith('text/') ? { pattern: '^[\\s\\S]*$' } : { format: 'binary' };
  return { type: 'string', maxLength: 1_099_511_627_776, ...kind };
}

const events = Object.entries(jobEventData);
const schemaName = (event: string): string => `Job${event.charAt(0).toUpperCase()}${event.slice(1)}Event`;

/**
 * Describes the events of GET /v1/jobs/{id}/events. OpenAPI 3.1 cannot describe the items of a stream (3.2 has
 * `itemSchema`): the body is text, and its `contentSchema` (JSON Schema 2020-12) describes what the text contains.
 * Client generators export the schemas of the events from there.
 */
export const jobEventStream: DocumentAddition = {
  models: events.map(([, { model }]) => model),
  complete: (document, schemas) => {
    addEvents(schemas);
    const response = document.paths['/v1/jobs/{id}/events']?.get?.responses['200'];
    const stream = response !== undefined && 'content' in response ? response.content['text/event-stream'] : undefined;
    if (stream !== undefined) stream.schema = streamSchema;
  },
};

const streamSchema = {
  type: 'string' as const,
  maxLength: 1_073_741_824,
  pattern: freeText,
  contentMediaType: 'text/event-stream',
  contentSchema: { type: 'array', maxItems: 1_073_741_824, items: { $ref: getSchemaPath('JobStreamEvent') } },
};

function addEvents(schemas: MemberSchemas): void {
  for (const [event, { model, description }] of events) {
    schemas[schemaName(event)] = {
      type: 'object',
      description,
      required: ['id', 'event', 'data'],
      properties: {
        id: {
          type: 'string',
          maxLength: 10,
          pattern: '^[0-9]+$',
          description: 'The value of `Last-Event-ID` after this event.',
          example: '3',
        },
        event: { const: event },
        data: { $ref: getSchemaPath(model) },
      },
    };
  }
  schemas['JobStreamEvent'] = {
    description: 'An event of a stream; the stream encodes its `data` as JSON.',
    oneOf: events.map(([event]) => ({ $ref: getSchemaPath(schemaName(event)) })),
    discriminator: {
      propertyName: 'event',
      mapping: Object.fromEntries(events.map(([event]) => [event, getSchemaPath(schemaName(event))])),
    },
  };
}
