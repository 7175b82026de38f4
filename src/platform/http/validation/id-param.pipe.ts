import type { PipeTransform } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { uuidPattern } from '../../validation/fields.ts';
import { NotFound } from '../problem/http.errors.ts';

/** An id in a path. A value that is no UUID is 404, like an id that does not exist. */
@Injectable()
export class IdParamPipe implements PipeTransform<string, string> {
  transform(value: string): string {
    const id = value.toLowerCase();
    if (!uuidPattern.test(id)) throw new NotFound();
    return id;
  }
}
