//! What becomes of tokens, text by text.

use super::*;

fn of(text: &str, kind: Kind) -> String {
    scrubbed(&Keyed::new(&[7; 16]).unwrap(), text, kind)
}

fn name(text: &str) -> String {
    names::pseudonym(&Keyed::new(&[7; 16]).unwrap(), text)
}

fn guid(text: &str) -> String {
    let keyed = Keyed::new(&[7; 16]).unwrap();
    guids::pseudonym(&keyed, &guids::digits(text).unwrap(), text)
}

const ID: &str = "c9eae519-c175-4667-b08d-19230ad477c0";
const VERSION: &str = "1314d18a9baec4638697e0128d898ea8";

#[test]
fn a_name_is_the_same_wherever_it_stands() {
    let kv = name("kv-payments-prod");
    let text = format!(
        "https://kv-payments-prod.vault.azure.net:8443/secrets/Db-Pass/{VERSION}?api-version=7.4"
    );
    let expected = format!(
        "https://{kv}.vault.azure.net:8443/secrets/{}/{}?api-version=7.4",
        name("Db-Pass"),
        guid(VERSION),
    );
    assert_eq!(of(&text, Kind::Plain), expected);
    let text = format!(
        "/SUBSCRIPTIONS/{}/RESOURCEGROUPS/RG-PAY/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/KV-PAYMENTS-PROD",
        ID.to_uppercase()
    );
    let expected = format!(
        "/SUBSCRIPTIONS/{}/RESOURCEGROUPS/{}/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/{}",
        guid(ID).to_uppercase(),
        name("RG-PAY"),
        kv.to_uppercase(),
    );
    assert_eq!(of(&text, Kind::Plain), expected);
    assert_eq!(
        of("kv-payments-prod.privatelink.vaultcore.azure.net", Kind::Plain),
        format!("{kv}.privatelink.vaultcore.azure.net")
    );
    assert_eq!(
        of("kv-payments-prod.vault.contoso.local", Kind::Plain),
        format!("{kv}.vault.{}.{}", name("contoso"), name("local"))
    );
    assert_eq!(
        of("kv-payments-prod;location=westeurope", Kind::Message),
        format!("{kv};location=westeurope")
    );
}

#[test]
fn resource_ids_keep_their_types_and_lose_their_names() {
    let id = "/subscriptions/s/resourcegroups/rg/providers/Microsoft.Web/sites/shop/slots/blue";
    let expected = format!(
        "/subscriptions/{}/resourcegroups/{}/providers/Microsoft.Web/sites/{}/slots/{}",
        name("s"),
        name("rg"),
        name("shop"),
        name("blue"),
    );
    assert_eq!(of(id, Kind::Plain), expected);
}

#[test]
fn people_and_addresses_are_replaced_in_any_company() {
    let expected = format!("{}@{}", name("ada.petit"), name("contoso.example"));
    assert_eq!(of("ada.petit@contoso.example", Kind::Plain), expected);
    let guest = format!("{}#EXT#@{}.onmicrosoft.com", name("ada_gmail.com"), name("contoso"));
    assert_eq!(of("ada_gmail.com#EXT#@contoso.onmicrosoft.com", Kind::Plain), guest);
    let encoded = of("a%2Fb%20Ada%40c", Kind::Plain);
    assert_eq!(encoded, format!("{}%2F{}%20{}%40{}", name("a"), name("b"), name("Ada"), name("c")));
    let [v4, v6] = ["81.2.69.144", "2a01:111:f100::7"].map(|text| of(text, Kind::Plain));
    let sentence = "Client address: 81.2.69.144.\r\nCaller: 2a01:111:f100::7: appid=";
    assert_eq!(
        of(sentence, Kind::Message),
        format!("Client address: {v4}.\r\nCaller: {v6}: appid=")
    );
}

#[test]
fn client_strings_keep_products_and_versions_only() {
    for kept in [
        "azsdk-go-azsecrets/v1.3.1 (go1.23.9; linux)",
        "azsdk-net-Security.KeyVault.Secrets/4.6.0 (.NET 8.0.8; Microsoft Windows 10.0.20348)",
        "azsdk-python-keyvault-secrets/4.7.0 Python/3.11.5 (Linux-5.15.0-1064-azure-x86_64-with-glibc2.35)",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/133.0.0.0 Safari/537.36 Edg/133.0.0.0",
        "FxVersion/4.7.3324.0 OSName/Windows OSVersion/6.2.9200.0 Microsoft.Azure.KeyVault.KeyVaultClient/3.0.3.0 (AzurePowershell/v12.4.0)",
        "HashiCorp Terraform/1.10.5 (+https://www.terraform.io) Terraform Plugin SDK/2.10.1 terraform-provider-azurerm/4.20.0",
    ] {
        assert_eq!(of(kept, Kind::Client), kept);
    }
    let text = format!("contoso-billing/1.4 (host-17.corp.example; {ID})");
    let new = of(&text, Kind::Client);
    assert_eq!(
        new,
        format!("{}/1.4 ({}; {})", name("contoso-billing"), name("host-17.corp.example"), guid(ID))
    );
}

#[test]
fn encoding_upon_encoding_is_bounded() {
    let text = format!("https://x/%{}", "25".repeat(20_000));
    assert_eq!(of(&text, Kind::Plain).len(), text.len());
    // A name is found below two encodings, and is gone below any number.
    let expected = format!("a%252F{}", name("ada"));
    assert_eq!(of("a%252Fada", Kind::Plain), expected.replacen('a', &name("a"), 1));
    let deep = format!("a%{}2Fadalovelace", "25".repeat(7));
    assert!(!of(&deep, Kind::Plain).contains("lovelace"));
    // Each colon of a run begins nothing that is looked at to its end.
    assert!(of(&"1:".repeat(100_000), Kind::Plain).starts_with(&"1:".repeat(90_000)));
}

#[test]
fn blocks_of_addresses_stay_blocks() {
    for (block, address) in
        [("81.2.69.0/24", "81.2.69.7"), ("2a01:111:f100::/48", "2a01:111:f100::7")]
    {
        let new = of(block, Kind::Plain);
        let (start, bits) = new.split_once('/').unwrap();
        assert_eq!(bits, block.split_once('/').unwrap().1);
        let inside = of(address, Kind::Plain);
        let common = |text: &str| match text.parse().unwrap() {
            std::net::IpAddr::V4(v4) => (v4.octets()[..3].to_vec(), v4.octets()[3] == 0),
            std::net::IpAddr::V6(v6) => {
                (v6.octets()[..6].to_vec(), v6.octets()[6..].iter().all(|octet| *octet == 0))
            }
        };
        assert_eq!(common(start), (common(&inside).0, true), "{new} {inside}");
        assert_ne!(start, block.split_once('/').unwrap().0);
        assert_eq!(of(&format!("from {block}, Ada"), Kind::Message), {
            format!("from {new}, {}", name("Ada"))
        });
    }
    assert_eq!(of("10.0.0.0/8", Kind::Plain), "10.0.0.0/8");
}

#[test]
fn what_a_sentence_names_is_a_name_even_if_it_is_a_word() {
    let (token, flow) = (name("token"), name("flow"));
    assert_eq!(of("https://flow.vault.azure.net/secrets/token", Kind::Plain), {
        format!("https://{flow}.vault.azure.net/secrets/{token}")
    });
    for (text, expected) in [
        (
            "the secret /secrets/token was not found",
            format!("the secret /secrets/{token} was not found"),
        ),
        ("A secret with (name/id) token was not found", {
            format!("{} secret {} (name/id) {token} was not found", "A", "with")
        }),
        ("Vault: flow;location=westeurope", format!("Vault: {flow};location=westeurope")),
        ("request the secret 'token' in \"flow\".", {
            format!("request the secret '{token}' in \"{flow}\".")
        }),
        ("Action: 'Microsoft.KeyVault/vaults/secrets/getSecret/action'", {
            "Action: 'Microsoft.KeyVault/vaults/secrets/getSecret/action'".to_owned()
        }),
    ] {
        assert_eq!(
            of(text, Kind::Message),
            expected.replace("Action", &of("Action", Kind::Message))
        );
    }
    assert_eq!(of("this is the client's token", Kind::Message), {
        format!("this is the client'{} token", name("s"))
    });
}

#[test]
fn what_somebody_wrote_keeps_no_word_and_no_number() {
    for text in ["4711", "1978-05-17", "secrets", "westeurope", "Microsoft.KeyVault"] {
        assert_ne!(of(text, Kind::Own), text);
    }
    assert_ne!(of("81.2.69.144", Kind::Own), "81.2.69.144");
}

#[test]
fn public_ids_and_hosts_stay_and_numbers_that_could_name_somebody_do_not() {
    for kept in [
        "c44b4083-3bb0-49c1-b47d-974e53cbdf3c",
        "f25e0fa2a7c84377a97654943a77a395",
        "https://sts.windows.net/",
        "https://management.core.windows.net/",
        "2023-08-01-preview",
        "7.4",
        "",
        "/",
    ] {
        assert_eq!(of(kept, Kind::Plain), kept);
    }
    for changed in ["5551234567", "555-123-4567", "555.123.4567", "not-microsoft.com"] {
        assert_ne!(of(changed, Kind::Plain), changed);
    }
}
