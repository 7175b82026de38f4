// Jest can't let a CommonJS library (nestjs-cls) require an ES module that is still being linked: evaluate Nest first.
import '@nestjs/common';
import '@nestjs/core';
import 'reflect-metadata';
