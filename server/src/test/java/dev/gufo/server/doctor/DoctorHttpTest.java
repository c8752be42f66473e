package dev.gufo.server.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gufo.server.KeyedServer;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.TestModel;
import dev.gufo.server.TestServer;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.SynchronousQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the doctor finds, told by a running server. */
@Timeout(60)
class DoctorHttpTest {
    @TempDir
    private Path folder;

    @Test
    void noRequestWaitsForTheDoctorAndItsFindingsStay() throws Exception {
        var found = new SynchronousQueue<ObjectNode>();
        try (var gufo = server(found::take)) {
            JsonNode begun = gufo.asked("GET /admin/doctor", "/admin/doctor", 200);
            assertThat(begun.path("examining").asBoolean()).isTrue();
            assertThat(begun.has("findings")).isFalse();
            assertThat(begun.path("version").asText()).isNotEmpty();
            found.put(findings("all is well"));
            JsonNode done = awaitFindings(gufo);
            assertThat(done.at("/findings/problems/0").asText()).isEqualTo("all is well");
            assertThat(done.path("examined_at").asLong()).isPositive();
            assertThat(gufo.asked("GET /admin/doctor", "/admin/doctor", 200)).isEqualTo(done);

            JsonNode again = gufo.asked("POST /admin/doctor", "/admin/doctor", 202);
            assertThat(again.path("examining").asBoolean()).isTrue();
            assertThat(again.at("/findings/problems/0").asText())
                    .as("what was found before stays meanwhile")
                    .isEqualTo("all is well");
            found.put(findings("a driver is old"));
            assertThat(awaitFindings(gufo).at("/findings/problems/0").asText()).isEqualTo("a driver is old");
        }
    }

    @Test
    void anExaminationThatFailsIsTold() throws Exception {
        try (var gufo = server(() -> {
            throw new IllegalStateException("no such folder /srv/secret");
        })) {
            JsonNode failed = await().until(
                            () -> gufo.asked("GET /admin/doctor", "/admin/doctor", 200), now -> now.has("problem"));
            assertThat(failed.toString()).doesNotContain("secret");
        }
    }

    @Test
    void onlyAdministratorsAreTold() throws Exception {
        try (var gufo = new KeyedServer(folder, TestServer.settings(), model())) {
            assertThat(gufo.send("GET", "/admin/doctor", "", gufo.user).statusCode())
                    .isEqualTo(403);
            JsonNode told = gufo.asked("GET /admin/doctor", "/admin/doctor", 200);
            assertThat(told.path("examining").asBoolean())
                    .as("a server without anything to look at")
                    .isFalse();
        }
    }

    private KeyedServer server(DoctorRoutes.Examination examination) throws Exception {
        return new KeyedServer(
                folder,
                TestServer.settings().with().doctor(Optional.of(examination)).build(),
                model());
    }

    private static TestModel model() {
        return new TestModel("scripted", new ScriptedEngine());
    }

    private static JsonNode awaitFindings(KeyedServer gufo) {
        return await().until(
                        () -> gufo.asked("GET /admin/doctor", "/admin/doctor", 200),
                        now -> !now.path("examining").asBoolean());
    }

    private static ObjectNode findings(String problem) {
        ObjectNode found = JsonNodeFactory.instance
                .objectNode()
                .put("serves", true)
                .put("java", "25")
                .put("platform", "linux-x64")
                .put("nvidia_driver", "")
                .putNull("cpu_backend");
        found.putArray("libraries");
        found.putArray("devices");
        found.putArray("problems").add(problem);
        return found;
    }
}
