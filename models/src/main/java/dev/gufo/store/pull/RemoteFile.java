package dev.gufo.store.pull;

import java.net.URI;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A file to download.
 *
 * @param url where it is
 * @param name under which it is kept
 * @param bytes its size, if the hub tells
 * @param sha256 its hash in lower-case hexadecimal, if the hub or the operator tells
 */
record RemoteFile(URI url, String name, OptionalLong bytes, Optional<String> sha256) {}
