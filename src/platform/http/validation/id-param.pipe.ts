import type { PipeTransform } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { NotFound } from '../problem/http.errors.ts';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** An id in a path. A value that is no UUID is 404, like an id that does not exist. */
@Injectable()
export class IdParamPipe implements PipeTransform<string, string> {
  transform(value: string): string {
    if (!uuid.test(value)) throw new NotFound();
    return value.toLowerCase();
  }
}
