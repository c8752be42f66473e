package dev.gufo.server.files;

/**
 * Contents that are on disk and have no row yet.
 *
 * @param id of the file that they will be
 * @param bytes how many
 * @param sha256 hexadecimal
 */
public record Blob(String id, long bytes, String sha256) {}
