import { getSchemaPath } from '@nestjs/swagger';
import type { DocumentAddition, MemberSchemas } from '../../platform/http/openapi/document-addition.ts';
import { freeText } from '../../platform/validation/field.ts';
import { jobEventData } from './job-events.dto.ts';

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
