import ssl
from pathlib import Path

import msgspec
import pytest

from streams.settings import VARIABLES, Settings, SettingsError, table

SASL = {
    "CRMPULSE_SECURITY_PROTOCOL": "SASL_SSL",
    "CRMPULSE_SASL_USERNAME": "pulse",
    "CRMPULSE_SASL_PASSWORD": "hunter2",
}


def test_an_empty_environment_gives_every_default_as_the_table_shows_it() -> None:
    settings = Settings.from_env({})

    assert settings.kafka == "localhost:9092"
    assert settings.app == "crm-pulse"
    assert settings.partitions == 8
    assert settings.flush_ms == 400
    assert (settings.web_host, settings.web_port) == ("127.0.0.1", 6066)
    assert (settings.dead_letter_share, settings.dead_letter_run) == (0.5, 1_000)
    assert settings.policy is None
    assert settings.replication is None
    assert not settings.embedded
    assert [name for name, _, _ in table()] == [variable.name for variable in VARIABLES]


def test_every_variable_is_a_field_and_every_field_but_those_that_the_broker_tells_has_a_variable() -> None:
    told = ("generation", "shadow", "output_partitions")
    assert (*(variable.field for variable in VARIABLES), *told) == Settings.__struct_fields__


def test_a_later_generation_has_groups_and_transactions_of_its_own() -> None:
    first = Settings.from_env({"CRMPULSE_APP": "acme"})
    second = msgspec.structs.replace(first, generation=2)

    assert (first.intake_group, second.intake_group) == ("acme.intake", "acme.g2.intake")
    assert (first.progress_group, second.progress_group) == ("acme.progress", "acme.g2.progress")
    assert first.transactional_id("customers", 3) == "acme-customers-3"
    assert second.transactional_id("customers", 3) == "acme.g2-customers-3"


def test_a_variable_that_is_set_but_empty_counts_as_not_set() -> None:
    assert Settings.from_env({"CRMPULSE_PARTITIONS": "  ", "CRMPULSE_POLICY": ""}) == Settings.from_env({})


def test_what_is_set_is_taken(tmp_path: Path) -> None:
    settings = Settings.from_env(
        {
            "CRMPULSE_KAFKA": "a.example:9092, b.example:9093,[::1]:9094",
            "CRMPULSE_APP": "acme.pulse",
            "CRMPULSE_TOPIC_PREFIX": "acme.",
            "CRMPULSE_POLICY": str(tmp_path / "policy.yaml"),
            "CRMPULSE_PARTITIONS": "16",
            "CRMPULSE_REPLICATION": "3",
        }
    )

    assert settings.kafka == "a.example:9092,b.example:9093,[::1]:9094"
    assert settings.topic_prefix == "acme."
    assert settings.policy == tmp_path / "policy.yaml"
    assert (settings.partitions, settings.replication) == (16, 3)
    assert (settings.intake_group, settings.progress_group) == ("acme.pulse.intake", "acme.pulse.progress")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("CRMPULSE_KAFKA", "localhost"),
        ("CRMPULSE_KAFKA", "localhost:0"),
        ("CRMPULSE_KAFKA", "localhost:99999"),
        ("CRMPULSE_KAFKA", "kafka://localhost:9092"),
        ("CRMPULSE_KAFKA", "[::zz]:9092"),
        ("CRMPULSE_KAFKA", "a:1,,b:2"),
        ("CRMPULSE_APP", "two words"),
        ("CRMPULSE_APP", "a" * 101),
        ("CRMPULSE_APP", ".."),
        ("CRMPULSE_TOPIC_PREFIX", "acme/"),
        ("CRMPULSE_PARTITIONS", "0"),
        ("CRMPULSE_PARTITIONS", "eight"),
        ("CRMPULSE_PARTITIONS", "8.0"),
        ("CRMPULSE_PARTITIONS", "²"),
        ("CRMPULSE_PARTITIONS", "-1"),
        ("CRMPULSE_REPLICATION", "0"),
        ("CRMPULSE_FLUSH_MS", "0"),
        ("CRMPULSE_TICK_MS", "1"),
        ("CRMPULSE_SESSION_MS", "1"),
        ("CRMPULSE_DEAD_LETTER_SHARE", "1.01"),
        ("CRMPULSE_DEAD_LETTER_SHARE", "50%"),
        ("CRMPULSE_DEAD_LETTER_SHARE", "0.5.5"),
        ("CRMPULSE_DEAD_LETTER_SHARE", "."),
        ("CRMPULSE_DEAD_LETTER_SHARE", "nan"),
        ("CRMPULSE_DEAD_LETTER_RUN", "0"),
        ("CRMPULSE_WEB_PORT", "65536"),
        ("CRMPULSE_WEB_HOST", "http://here"),
        ("CRMPULSE_SECURITY_PROTOCOL", "TLS"),
        ("CRMPULSE_SASL_MECHANISM", "GSSAPI"),
        ("CRMPULSE_CA_FILE", "/nowhere/ca.pem"),
        ("CRMPULSE_EMBEDDED", "perhaps"),
        ("CRMPULSE_STORE", "disk"),
        ("CRMPULSE_STORE_CACHE", "-1"),
    ],
)
def test_a_wrong_value_is_one_sentence_that_names_the_variable_and_the_value(variable: str, value: str) -> None:
    with pytest.raises(SettingsError) as error:
        Settings.from_env({variable: value})

    sentence = str(error.value)
    assert sentence.startswith(f"{variable} is {value!r}, but ")
    assert sentence.endswith(".")
    assert "\n" not in sentence


def test_the_embedded_broker_fixes_the_number_of_partitions() -> None:
    assert Settings.from_env({"CRMPULSE_EMBEDDED": "1"}).partitions == 4
    assert Settings.from_env({"CRMPULSE_EMBEDDED": "yes", "CRMPULSE_PARTITIONS": "4"}).partitions == 4
    with pytest.raises(SettingsError, match="CRMPULSE_PARTITIONS must be 4"):
        Settings.from_env({"CRMPULSE_EMBEDDED": "1", "CRMPULSE_PARTITIONS": "8"})


def test_a_store_on_a_disk_needs_a_folder_and_a_broker_that_remembers(tmp_path: Path) -> None:
    stored = {"CRMPULSE_STORE": "rocksdb", "CRMPULSE_STORE_DIR": str(tmp_path)}
    settings = Settings.from_env(stored)
    assert (settings.store, settings.store_dir, settings.store_cache) == ("rocksdb", tmp_path, 4000)
    with pytest.raises(SettingsError, match=r"^CRMPULSE_STORE is rocksdb, which needs CRMPULSE_STORE_DIR\.$"):
        Settings.from_env({"CRMPULSE_STORE": "rocksdb"})
    with pytest.raises(SettingsError, match="CRMPULSE_STORE must be memory or unset with CRMPULSE_EMBEDDED"):
        Settings.from_env(stored | {"CRMPULSE_EMBEDDED": "1"})


def test_clients_get_the_address_alone_where_nothing_is_secured() -> None:
    options = Settings.from_env({}).client_options()

    assert options == {"bootstrap_servers": "localhost:9092", "security_protocol": "PLAINTEXT"}


def test_clients_get_what_sasl_and_tls_need() -> None:
    options = Settings.from_env(SASL | {"CRMPULSE_SASL_MECHANISM": "scram-sha-512"}).client_options()

    assert isinstance(options.pop("ssl_context"), ssl.SSLContext)
    assert options == {
        "bootstrap_servers": "localhost:9092",
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "pulse",
        "sasl_plain_password": "hunter2",
    }


def test_tls_without_sasl_needs_no_name() -> None:
    options = Settings.from_env({"CRMPULSE_SECURITY_PROTOCOL": "ssl"}).client_options()

    assert set(options) == {"bootstrap_servers", "security_protocol", "ssl_context"}


def test_sasl_without_name_or_password_is_refused() -> None:
    for missing in ("CRMPULSE_SASL_USERNAME", "CRMPULSE_SASL_PASSWORD"):
        environ = {name: value for name, value in SASL.items() if name != missing}
        with pytest.raises(SettingsError, match="needs CRMPULSE_SASL_USERNAME and CRMPULSE_SASL_PASSWORD"):
            Settings.from_env(environ)


def test_a_name_that_would_not_be_used_is_refused() -> None:
    with pytest.raises(SettingsError, match="would not use it"):
        Settings.from_env({"CRMPULSE_SASL_USERNAME": "pulse", "CRMPULSE_SASL_PASSWORD": "x"})


def test_a_file_that_holds_no_certificates_is_one_sentence(tmp_path: Path) -> None:
    ca = tmp_path / "ca.pem"
    ca.write_text("not a certificate")

    with pytest.raises(SettingsError, match=r"^CRMPULSE_CA_FILE is .* cannot be used"):
        Settings.from_env({"CRMPULSE_SECURITY_PROTOCOL": "SSL", "CRMPULSE_CA_FILE": str(ca)})


def test_a_password_is_never_printed() -> None:
    settings = Settings.from_env(SASL)

    assert "hunter2" not in repr(settings)
    assert "hunter2" not in str(settings)
    assert "hunter2" not in str(settings.shown())
    assert ("CRMPULSE_SASL_PASSWORD", "***") in settings.shown()
