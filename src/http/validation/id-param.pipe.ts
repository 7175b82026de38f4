import type { PipeTransform } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { RouteNotFound } from '../problem/edge.errors.ts';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** An id in a path. What can't be an id names nothing: the same 404 as an id that nobody has. */
@Injectable()
export class IdParamPipe implements PipeTransform<string, string> {
  transform(value: string): string {
    if (!uuid.test(value)) throw new RouteNotFound();
    return value.toLowerCase();
  }
}
